using Xunit;

namespace Millrace.Testing.Servers;

/// <summary>Where this machine keeps initdb and pg_ctl, and the user they must run as.</summary>
sealed record PostgresBinaries(string Folder, string? User)
{
    /// <summary>Skips the calling test where there is no PostgreSQL; with <c>CI=true</c>, where nothing may be skipped, it fails.</summary>
    internal static PostgresBinaries Require()
    {
        const string missing =
            "PostgreSQL is not installed (no initdb and pg_ctl under /usr/lib/postgresql/*/bin or on the PATH). Install it with: apt-get install postgresql";
        if (Find() is { } found)
            return found;
        if (Environment.GetEnvironmentVariable("CI") == "true")
            throw new InvalidOperationException(missing);
        Assert.Skip(missing);
        return null;
    }

    static PostgresBinaries? Find()
    {
        // The private server is stopped by a guard written for a Unix shell.
        if (OperatingSystem.IsWindows())
            return null;
        var folder = Candidates().FirstOrDefault(f => File.Exists(Path.Combine(f, "initdb")) && File.Exists(Path.Combine(f, "pg_ctl")));
        return folder is null ? null : new PostgresBinaries(folder, Environment.UserName == "root" ? UnprivilegedUser() : null);
    }

    /// <summary>The command line that runs one of the binaries as the right user.</summary>
    internal string[] Command(string binary, params ReadOnlySpan<string> arguments) =>
        [.. As(User), Path.Combine(Folder, binary), .. arguments];

    internal static string[] As(string? user) => user switch
    {
        null => [],
        _ when File.Exists("/usr/bin/setpriv") => ["/usr/bin/setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups", "--"],
        _ => ["runuser", "-u", user, "--"],
    };

    static IEnumerable<string> Candidates()
    {
        const string debian = "/usr/lib/postgresql";
        if (Directory.Exists(debian))
        {
            foreach (var version in Directory.GetDirectories(debian).OrderByDescending(v => int.TryParse(Path.GetFileName(v), out var n) ? n : 0))
                yield return Path.Combine(version, "bin");
        }
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            yield return folder;
    }

    // PostgreSQL refuses to run as root.
    static string UnprivilegedUser() =>
        new[] { "postgres", "nobody" }.FirstOrDefault(user => File.ReadLines("/etc/passwd").Any(line => line.StartsWith(user + ':', StringComparison.Ordinal)))
        ?? throw new InvalidOperationException("PostgreSQL refuses to run as root and there is no user 'postgres'. Create it with: useradd --system postgres");
}
