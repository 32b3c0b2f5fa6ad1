# docglow with docglow-telemetry in front of it: same arguments, pipeline and exit code. For Windows PowerShell 5.1 and PowerShell 7.
function docglow {
    if ($MyInvocation.ExpectingInput) {
        $input | docglow-telemetry run docglow @args
    } else {
        docglow-telemetry run docglow @args
    }
}
