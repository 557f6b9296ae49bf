namespace Millrace.Data;

/// <summary>What becomes of a dataset's files and rows in a load.</summary>
/// <param name="Rows">The query of the rows to write; null where there are none.</param>
/// <param name="Replaced">The files that are not of the next version.</param>
sealed record MergeDecision(string? Rows, IReadOnlySet<string> Replaced, long Added, long Changed, long Deleted, long Unchanged);

/// <summary>Compares staged rows with a dataset's files and decides which files have to be written anew: those with a row that changes.</summary>
sealed class DatasetMerge(DatasetLoad load)
{
    static readonly HashSet<string> None = [];
    readonly DuckDbLoadDialect dialect = new();
    readonly string staged = DuckDbLoadSession.Staging;

    internal MergeDecision Decide(long rows)
    {
        var files = load.Before.Files;
        var isFirst = files.Count == 0;
        switch (load.Mode)
        {
            case Load.Full:
                return new(New(staged), files.Select(f => f.Path).ToHashSet(), rows, 0, load.Before.Rows, 0);
            case Load.Append or Load.Upsert or Load.InsertOnly or Load.DeleteInsert when isFirst || load.Mode == Load.Append:
                return new(rows == 0 ? null : New(staged), None, rows, 0, 0, 0);
            case Load.DeleteInsert:
                load.Execute($"create table replaced as select t.millrace_file, count(*) as n from {Old} t where exists (select 1 from {staged} s where {SameKey}) group by 1");
                var gone = Long("select coalesce(sum(n), 0)::bigint from replaced");
                return new(Rewritten("replaced", staged), Files("replaced"), rows, 0, gone, 0);
            default:
                load.Execute($"create table fresh as select s.* from {staged} s where not exists (select 1 from {Old} t where {SameKey})");
                var added = Long("select count(*) from fresh");
                // Counted and not taken for the rest, so that a row which is lost is missed.
                var met = Long($"select count(*) from {staged} s join {Old} t on {SameKey}");
                if (load.Mode == Load.InsertOnly) return new(added == 0 ? null : New("fresh"), None, added, 0, 0, met);
                load.Execute($"create table differing as select s.*, t.millrace_file from {staged} s join {Old} t on {SameKey} where {AnyDiffers}");
                var changed = Long("select count(*) from differing");
                if (changed == 0) return new(added == 0 ? null : New("fresh"), None, added, 0, 0, met);
                load.Execute("create table touched as select distinct millrace_file from differing");
                load.Execute("create table arriving as select * from fresh union all by name select * exclude (millrace_file) from differing");
                return new(Rewritten("touched", "arriving"), Files("touched"), added, changed, 0, met - changed);
        }
    }

    string Old => load.IsText ? DatasetLoad.OldRows : load.Target.FilesSql(load.Before.Files, load.Before.Schema);

    string SameKey => string.Join(" and ", load.Key.Select(k => $"t.{Name(k)} = s.{Name(k)}"));

    string AnyDiffers
    {
        get
        {
            var known = load.Before.Schema;
            var values = load.Columns.Except(load.Key).Select(c => known.Contains(c.Staged.Name) ? dialect.Differs($"t.{Name(c)}", $"s.{Name(c)}", c.Target) : $"s.{Name(c)} is not null").ToList();
            return values.Count == 0 ? "false" : string.Join(" or ", values);
        }
    }

    // The load's rows in the dataset's columns; those that it hasn't are null.
    string New(string table) => $"select {string.Join(", ", load.Schema.Select(f => load.Columns.Any(c => c.Staged.Name == f.Name) ? $"{TableName.Quote(f.Name)}::{dialect.TypeOf(f)} as {TableName.Quote(f.Name)}" : $"null::{dialect.TypeOf(f)} as {TableName.Quote(f.Name)}"))} from {table}";

    // Rows of the touched files that no row of the load takes the place of, and the load's.
    string Rewritten(string touched, string table)
    {
        var known = load.Before.Schema;
        var kept = string.Join(", ", load.Schema.Select(f => known.Contains(f.Name) ? $"t.{TableName.Quote(f.Name)}::{dialect.TypeOf(f)} as {TableName.Quote(f.Name)}" : $"null::{dialect.TypeOf(f)} as {TableName.Quote(f.Name)}"));
        return $"select {kept} from {Old} t where t.millrace_file in (select millrace_file from {touched}) and not exists (select 1 from {staged} s where {SameKey} and exists (select 1 from {table} a where {string.Join(" and ", load.Key.Select(k => $"a.{Name(k)} = s.{Name(k)}"))})) union all {New(table)}";
    }

    HashSet<string> Files(string table) =>
        [.. load.Connection.Scalars($"select distinct millrace_file from {table}").Select(path => Path.GetRelativePath(load.Target.Folder, (string)path!).Replace('\\', '/'))];

    long Long(string sql) => (long)load.Connection.Scalars(sql)[0]!;

    static string Name(MatchedColumn column) => TableName.Quote(column.Staged.Name);
}
