# For a Homebrew tap. .package/fill.py replaces the words between @ signs.
class DocglowTelemetry < Formula
  desc "Opt-in, anonymous telemetry of docglow"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    url "@REPOSITORY@/releases/download/v@VERSION@/docglow-telemetry-@VERSION@-universal-apple-darwin.tar.gz"
    sha256 "@SHA256 docglow-telemetry-@VERSION@-universal-apple-darwin.tar.gz@"
  end

  on_linux do
    on_intel do
      url "@REPOSITORY@/releases/download/v@VERSION@/docglow-telemetry-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 docglow-telemetry-@VERSION@-x86_64-unknown-linux-musl.tar.gz@"
    end
    on_arm do
      url "@REPOSITORY@/releases/download/v@VERSION@/docglow-telemetry-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256 docglow-telemetry-@VERSION@-aarch64-unknown-linux-musl.tar.gz@"
    end
  end

  def install
    bin.install "bin/docglow-telemetry"
    man1.install "share/man/man1/docglow-telemetry.1"
    bash_completion.install "share/bash-completion/completions/docglow-telemetry"
    zsh_completion.install "share/zsh/site-functions/_docglow-telemetry"
    fish_completion.install "share/fish/vendor_completions.d/docglow-telemetry.fish"
  end

  test do
    assert_equal "docglow-telemetry #{version}\n", shell_output("#{bin}/docglow-telemetry --version")
  end
end
