
# docglow-telemetry: begin. For Windows PowerShell 5.1 and PowerShell 7.
# `docglow` runs as `docglow-telemetry run docglow`, or by itself if the tool is not installed.
# An alias or a function `docglow` of your own stays as it is.
if (-not (Test-Path Function:docglow) -and -not (Test-Path Alias:docglow)) {
    function docglow {
        $words = @('run', 'docglow')
        $find = @{ CommandType = 'Application'; TotalCount = 1 }
        $program = Get-Command docglow-telemetry @find -ErrorAction Ignore
        if (-not $program) {
            $words = @()
            $program = Get-Command docglow @find -ErrorAction Stop
        }
        # `a,b` reaches a program as it was typed, but it reaches a function as an array.
        for ($i = 0; $i -lt $args.Count; $i++) {
            $typed = $args[$i] -join ','
            if ($args[$i] -is [array] -and $typed -and $MyInvocation.Line.Contains($typed)) {
                $args[$i] = $typed
            }
        }
        if ($MyInvocation.ExpectingInput) {
            $input | & $program @words @args
        } else {
            & $program @words @args
        }
    }
}
# docglow-telemetry: end.
