# Whether the command behind `run` has begun. Its words are its own.
function __docglow_telemetry_runs
    string match --quiet --regex -- ' run (-\\S+ )*[^-]' (commandline -cp)
end

complete -c docglow-telemetry -f
complete -c docglow-telemetry -n __fish_use_subcommand -a preview -d 'Print the exact request; send and create nothing'
complete -c docglow-telemetry -n __fish_use_subcommand -a report -d 'Report a docglow command line that has ended'
complete -c docglow-telemetry -n __fish_use_subcommand -a run -d 'Run a command line, and report the docglow in it'
complete -c docglow-telemetry -n __fish_use_subcommand -a status -d 'Active or not, and which rule decided'
complete -c docglow-telemetry -n __fish_use_subcommand -a log -d 'What docglow-telemetry has sent'
complete -c docglow-telemetry -n __fish_use_subcommand -a enable -d 'Record a yes'
complete -c docglow-telemetry -n __fish_use_subcommand -a disable -d 'Record a no'
complete -c docglow-telemetry -n __fish_use_subcommand -a prompt -d 'Ask once'
complete -c docglow-telemetry -n __fish_use_subcommand -a init -d 'Print the hook for a shell'
complete -c docglow-telemetry -n '__fish_seen_subcommand_from init' -a 'bash zsh sh ksh mksh fish powershell nushell tcsh xonsh elvish'
complete -c docglow-telemetry -n '__fish_seen_subcommand_from run' -a '(__fish_complete_subcommand --fcs-skip=2)'
complete -c docglow-telemetry -n '__fish_seen_subcommand_from preview' -a report
complete -c docglow-telemetry -n '__fish_seen_subcommand_from status log' -l json -d 'Print JSON'
complete -c docglow-telemetry -n '__fish_seen_subcommand_from report' -l status -x -d 'The exit status of docglow'
complete -c docglow-telemetry -n '__fish_seen_subcommand_from report' -l duration-ms -x -d 'How long it took'
complete -c docglow-telemetry -n 'not __fish_seen_subcommand_from run' -l project-dir -x -a '(__fish_complete_directories)' -d 'Where docglow.yml is looked for'
complete -c docglow-telemetry -n 'not __fish_seen_subcommand_from run' -l target-dir -x -a '(__fish_complete_directories)' -d "dbt's target folder"
complete -c docglow-telemetry -n 'not __fish_seen_subcommand_from run' -l docglow -r -F -d 'The docglow command'
complete -c docglow-telemetry -n 'not __docglow_telemetry_runs' -l wait -d 'Send before returning'
complete -c docglow-telemetry -n 'not __docglow_telemetry_runs' -s h -l help -d 'Print the help'
complete -c docglow-telemetry -n 'not __fish_seen_subcommand_from run' -s V -l version -d 'Print the version'
