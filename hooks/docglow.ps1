# docglow with docglow-telemetry in front of it: same arguments, pipeline and exit code. For Windows PowerShell 5.1 and PowerShell 7.
function docglow {
    $words = @('run', 'docglow')
    $program = Get-Command docglow-telemetry -CommandType Application -TotalCount 1 -ErrorAction Ignore
    if (-not $program) {
        $words = @()
        $program = Get-Command docglow -CommandType Application -TotalCount 1 -ErrorAction Stop
    }
    # `a,b` reaches a program as it is typed, and a function as an array. An array in a variable is several words to both.
    for ($i = 0; $i -lt $args.Count; $i++) {
        $typed = $args[$i] -join ','
        if ($args[$i] -is [array] -and $typed -and $MyInvocation.Line.Contains($typed)) { $args[$i] = $typed }
    }
    if ($MyInvocation.ExpectingInput) { $input | & $program @words @args } else { & $program @words @args }
}
