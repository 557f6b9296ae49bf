using System.Data.Common;
using Millrace.Plans;

namespace Millrace.Data;

/// <summary>
/// How a database that is reached through ADO.NET speaks. <see cref="Postgres"/>, <see cref="Sqlite"/>, <see cref="MySql"/> and
/// <see cref="SqlServer"/> are ready; for others <see cref="Standard"/> is a start: <c>AdoDialect.Standard with { Types = ... }</c>.
/// </summary>
public sealed record AdoDialect
{
    /// <summary>SQL as the standard has it, with what nearly all databases take: no upsert, no merge, updates by subqueries.</summary>
    public static AdoDialect Standard { get; } = new();

    public static AdoDialect Postgres { get; } = new() { MostParameters = 30_000, Speaks = d => new AdoPostgresDialect(d) };

    /// <summary>Values are spelled as <see cref="Data.Sqlite"/> spells them, so that both read each other's tables.</summary>
    public static AdoDialect Sqlite { get; } = new() { Speaks = d => new AdoSqliteDialect(d) };

    /// <summary>MariaDB and MySQL, whose changes of tables commit by themselves: a load that fails may leave a new table empty, or a new column.</summary>
    public static AdoDialect MySql { get; } = new() { Quotes = ('`', '`'), MostParameters = 30_000, MostRows = 250, Speaks = d => new AdoMySqlDialect(d) };

    public static AdoDialect SqlServer { get; } = new() { Quotes = ('[', ']'), MostParameters = 2_000, Speaks = d => new AdoSqlServerDialect(d) };

    /// <summary>What stands around names: <c>"</c> and <c>"</c>, or MySQL's <c>`</c>, or SQL Server's <c>[</c> and <c>]</c>.</summary>
    public (char Open, char Close) Quotes { get; init; } = ('"', '"');

    /// <summary>What stands before a parameter's name.</summary>
    public string ParameterPrefix { get; init; } = "@";

    /// <summary>Parameters that one statement may have; rows are inserted as many at a time as these allow.</summary>
    public int MostParameters
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MostParameters), value, "A statement has at least one parameter.");
    } = 900;

    /// <summary>Rows that one insert may have; 1 where a database takes no more.</summary>
    public int MostRows
    {
        get;
        init => field = value >= 1 ? value : throw new ArgumentOutOfRangeException(nameof(MostRows), value, "An insert has at least one row.");
    } = 1_000;

    /// <summary>The types of columns that a load makes; null for those that the dialect knows best.</summary>
    public Func<DataType, string?>? Types { get; init; }

    internal Func<AdoDialect, AdoLoadDialect> Speaks { get; init; } = d => new AdoLoadDialect(d);

    /// <summary>By the provider's name for its connections, which need not be loaded to be known.</summary>
    internal static AdoDialect Of(DbConnection connection) => connection.GetType().Name switch
    {
        "NpgsqlConnection" => Postgres,
        "SqliteConnection" or "SQLiteConnection" => Sqlite,
        "MySqlConnection" => MySql,
        "SqlConnection" => SqlServer,
        _ => Standard,
    };

    internal string Quote(string name) => $"{Quotes.Open}{name.Replace($"{Quotes.Close}", $"{Quotes.Close}{Quotes.Close}", StringComparison.Ordinal)}{Quotes.Close}";
}
