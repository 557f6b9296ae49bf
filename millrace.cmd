@echo off
rem Runs Millrace from this clone; builds it first when its sources have changed since the last build.
rem The bash script 'millrace' beside this file says how the build folders are laid out.
setlocal
set "MILLRACE_CLONE=%~dp0"
set "builds=%~dp0artifacts\millrace"

where dotnet >nul 2>nul
if errorlevel 1 (
    echo Millrace needs the .NET 10 SDK, and there is no 'dotnet' on the PATH. Install it from https://dotnet.microsoft.com/download/dotnet/10.0 or with: winget install Microsoft.DotNet.SDK.10 1>&2
    exit /b 1
)
rem The build is the PowerShell at the end of this file, after the marker.
powershell -NoProfile -ExecutionPolicy Bypass -Command "$text = [IO.File]::ReadAllText('%~f0'); Invoke-Expression $text.Substring($text.LastIndexOf('#build' + 'below'))"
if errorlevel 1 exit /b 1

set /p build=<"%builds%\current"
if not defined MILLRACE_HOME set "MILLRACE_HOME=%~dp0.millrace"
dotnet "%builds%\%build%\millrace.dll" %*
exit /b %errorlevel%

#buildbelow
$ErrorActionPreference = 'Stop'
$root = $env:MILLRACE_CLONE
$builds = Join-Path $root 'artifacts\millrace'
$current = Join-Path $builds 'current'
function Say($text) { [Console]::Error.WriteLine($text) }

function Test-Fresh {
    if (-not (Test-Path $current)) { return $false }
    $build = (Get-Content $current -TotalCount 1).Trim()
    if (-not (Test-Path (Join-Path $builds "$build\millrace.dll"))) { return $false }
    $since = (Get-Item $current).LastWriteTimeUtc
    $sources = @(Get-ChildItem (Join-Path $root 'src') -Recurse) + @(Get-Item (Join-Path $root 'Directory.*.props'), (Join-Path $root 'global.json'))
    -not ($sources | Where-Object { $_.FullName -notmatch '\\(bin|obj)(\\|$)' -and $_.LastWriteTimeUtc -gt $since } | Select-Object -First 1)
}

if (Test-Fresh) { exit 0 }
$sdks = @(dotnet --list-sdks) | ForEach-Object { $_.Split(' ')[0] }
if (-not ($sdks -match '^10\.0\.')) {
    Say "Millrace needs the .NET 10 SDK, and this machine has only $($sdks -join ' '). Install it from https://dotnet.microsoft.com/download/dotnet/10.0 or with: winget install Microsoft.DotNet.SDK.10"
    exit 1
}

New-Item -ItemType Directory -Force $builds | Out-Null
# Two that are started at once must not build at once: the lock is a file that only one can hold open.
$lock = $null
while (-not $lock) {
    try { $lock = [IO.File]::Open((Join-Path $builds 'lock'), 'OpenOrCreate', 'ReadWrite', 'None') }
    catch [IO.IOException] { Start-Sleep -Milliseconds 200 }
}
try {
    if (Test-Fresh) { exit 0 }
    Say $(if (Test-Path $current) { 'Building Millrace (its sources changed) ...' } else { 'Building Millrace (first time, about a minute) ...' })
    $began = [DateTime]::UtcNow
    $build = Get-Date -Format 'yyyyMMdd-HHmmss'
    $log = Join-Path $builds 'build.log'
    $arguments = 'publish', 'src/Millrace.Cli', '--configuration', 'Release', '--use-current-runtime', '--self-contained', 'false',
        '--artifacts-path', 'artifacts/build', '--output', (Join-Path $builds $build), '-nodeReuse:false', '--verbosity', 'quiet', '--nologo'
    Push-Location $root
    $env:DOTNET_NOLOGO = '1'
    dotnet @arguments '-p:PublishReadyToRun=true' > $log
    if ($LASTEXITCODE -ne 0 -and (Select-String -Quiet -Path $log -Pattern 'crossgen|NETSDK1094')) {
        Say "The package that compiles ahead of time can't be restored here; Millrace will start more slowly."
        dotnet @arguments > $log
    }
    if ($LASTEXITCODE -ne 0) {
        Say 'Millrace does not build:'
        Get-Content $log | Where-Object { $_ -match '(error|warning) ' } | Sort-Object -Unique | ForEach-Object { Say $_ }
        exit 1
    }
    [IO.File]::WriteAllText($current, "$build`n")
    (Get-Item $current).LastWriteTimeUtc = $began
    # Older builds go, unless a running Millrace still holds them open.
    Get-ChildItem $builds -Directory | Sort-Object Name -Descending | Select-Object -Skip 3 | Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
}
finally { $lock.Dispose() }
exit 0
