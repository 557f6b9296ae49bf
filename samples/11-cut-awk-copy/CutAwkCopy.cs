using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Millrace.Dags;

namespace Millrace.Samples;

/// <summary>cut, awk and COPY without a shell: columns are cut out of a text file, worked on, and copied into a table.</summary>
public static class CutAwkCopy
{
    /// <summary>A line of a file like /etc/passwd, which has no header: columns are found by their position.</summary>
    public sealed record Line(string Name, string Password, int UserId, int GroupId, string FullName, string Home, string Shell);

    public sealed record Account(string Name, int UserId, string Home);

    public sealed record User(string Name, int UserId, string Kind, string Home);

    public static Dag Dag { get; } = Dag.Build("cut_awk_copy", d =>
    {
        d.Description = "Loads the accounts of a machine into a table.";
        d.Schedule = "@daily";
        d.Defaults = new() { Retry = Retry.Fixed(2, TimeSpan.FromMinutes(1)), Timeout = TimeSpan.FromMinutes(5) };
        var source = d.Param("source", Path.Combine(Here(), "accounts.txt"), description: "A file like /etc/passwd.");
        var database = d.Param("database", Path.Combine(Path.GetTempPath(), "millrace-samples", "users.db"), description: "A SQLite file, or the connection string of a PostgreSQL database.");

        // Each of the first two returns a plan and reads no row: the rows flow through both into the table when it is loaded.
        var cut = d.Task("extract", c => Extract(c.Get(source)));
        var worked = d.Task("transform", cut, Transform);
        d.Task("load", worked, async (c, users) =>
        {
            var report = await users.LoadAsync(Users(c.Get(database)), Load.Full, cancel: c.Cancellation);
            c.Logger.LogInformation("{Report}", report);
            return report.Written;
        });
    });

    /// <summary><c>cut -d: -f1,3,6</c></summary>
    public static Frame<Account> Extract(string path) =>
        Csv.Read<Line>(path, new CsvOptions { Delimiter = ':', Quote = null, Header = Header.No }).Select(line => new Account(line.Name, line.UserId, line.Home));

    /// <summary><c>awk -F: '{ print $1, $2, ($2 &lt; 1000 ? "system" : "person"), $3 }'</c></summary>
    public static Frame<User> Transform(Frame<Account> accounts) =>
        accounts.Select(account => new User(account.Name, account.UserId, account.UserId < 1000 ? "system" : "person", account.Home));

    /// <summary>PostgreSQL gets the rows by COPY.</summary>
    public static TableTarget Users(string database) => Database.Table(database, "users", key: ["name"]);

    static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
