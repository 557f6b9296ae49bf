namespace Millrace.Data;

/// <summary>The statements that publish staged rows. <c>t</c> is the table, <c>s</c> the staging table.</summary>
sealed class MergeSql(LoadDialect dialect, string table, string staging, IReadOnlyList<MatchedColumn> columns, IReadOnlyList<MatchedColumn> key)
{
    internal const string ValidFrom = "valid_from", ValidTo = "valid_to", IsCurrent = "is_current";

    readonly MatchedColumn[] values = [.. columns.Except(key)];

    internal string DeleteAll => $"delete from {table}";

    internal string InsertAll => $"insert into {table} ({Names}) select {Values} from {staging} as s";

    internal string InsertNew => $"{InsertAll} where not exists (select 1 from {table} as t where {SameKey})";

    internal string DeleteMatching => dialect.Delete(table, "t", $"exists (select 1 from {staging} as s where {SameKey})");

    internal string? UpdateChanged => values.Length == 0 ? null : dialect.Update(table, staging, Changes, $"{SameKey} and ({AnyDiffers})");

    /// <summary>How many staged rows meet one of the table, and how many of them are as it is.</summary>
    internal string Meet => MeetWhere(SameKey);

    /// <summary>The same of versions that are current.</summary>
    internal string MeetCurrent => MeetWhere($"{SameKey} and {Current}");

    string MeetWhere(string condition) =>
        $"select count(*), count(millrace_same) from (select case when {AnyDiffersOrNone} then null else 1 end as millrace_same from {staging} as s inner join {table} as t on {condition}) as met";

    /// <summary><see cref="InsertNew"/> and <see cref="UpdateChanged"/> in one pass.</summary>
    /// <param name="added">A sequence that steps once for each new row: the statement itself says only how many rows it touched.</param>
    /// <param name="met">One that steps for each row whose key is there.</param>
    /// <param name="changed">One that steps for each of those that differ.</param>
    internal string Merge(string added, string met, string changed) => $"""
        merge into {table} as t using {staging} as s on {SameKey}
        when matched and case when nextval('{met}') < 0 then false when {AnyDiffers} then nextval('{changed}') > 0 else false end then update set {string.Join(", ", Changes.Select(c => $"{dialect.Quote(c.Name)} = {c.Value}"))}
        when not matched then insert ({Names}) values ({string.Join(", ", columns.Select((c, i) => i == 0 ? $"case when nextval('{added}') > 0 then {Value(c)} end" : Value(c)))})
        """;

    /// <summary>Rows whose key an earlier row of the load has.</summary>
    internal string Repeated(string select) =>
        $"select {select} from (select s.*, s.{dialect.RowId} as millrace_row, row_number() over (partition by {Keys} order by s.{dialect.RowId}) as millrace_nth from {staging} as s) as s where millrace_nth > 1";

    internal string AnyRepeated => dialect.First($"select 1 from {staging} as s group by {Keys} having count(*) > 1", 1);

    internal string DeleteRepeated => $"delete from {staging} where {dialect.RowId} in ({Repeated("millrace_row")})";

    /// <summary>Changes that took effect before the version that is current.</summary>
    internal string Late(string effective, string select) => $"select {select} from {staging} as s where {IsLate(effective)}";

    internal string DeleteLate(string effective) => dialect.Delete(staging, "s", IsLate(effective));

    internal string CloseChanged(string effective) => dialect.Update(table, staging, Closing(effective), $"{SameKey} and {Current} and ({AnyDiffersOrNone})");

    internal string CloseMissing(string effective) =>
        dialect.Update(table, null, Closing(effective), $"{Current} and t.{dialect.Quote(ValidFrom)} < {effective} and not exists (select 1 from {staging} as s where {SameKey})");

    internal string InsertVersions(string effective) =>
        $"insert into {table} ({Names}, {dialect.Quote(ValidFrom)}, {dialect.Quote(ValidTo)}, {dialect.Quote(IsCurrent)}) select {Values}, {effective}, null, {dialect.True} from {staging} as s where not exists (select 1 from {table} as t where {SameKey} and {Current})";

    IReadOnlyList<(string, string)> Closing(string effective) => [(ValidTo, effective), (IsCurrent, dialect.False)];
    IReadOnlyList<(string Name, string Value)> Changes => [.. values.Select(c => (c.Staged.Name, Value(c)))];
    string Current => $"t.{dialect.Quote(IsCurrent)} = {dialect.True}";
    string Names => string.Join(", ", columns.Select(Name));
    string Values => string.Join(", ", columns.Select(Value));
    string Keys => string.Join(", ", key.Select(c => $"s.{Name(c)}"));
    string SameKey => string.Join(" and ", key.Select(c => $"t.{Name(c)} = {Value(c)}"));
    string AnyDiffers => string.Join(" or ", values.Select(c => dialect.Differs(dialect.Comparable($"t.{Name(c)}", c), dialect.Comparable(Value(c), c), c.Target)));
    string AnyDiffersOrNone => values.Length == 0 ? "1 = 0" : AnyDiffers;

    string IsLate(string effective) =>
        $"exists (select 1 from {table} as t where {SameKey} and {Current} and t.{dialect.Quote(ValidFrom)} >= {effective} and ({AnyDiffersOrNone}))";

    string Name(MatchedColumn column) => dialect.Quote(column.Staged.Name);

    string Value(MatchedColumn column) => dialect.Cast($"s.{Name(column)}", column);
}
