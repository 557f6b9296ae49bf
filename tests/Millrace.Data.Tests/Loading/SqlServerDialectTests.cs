using Millrace.Plans;

namespace Millrace.Data.Tests.Loading;

/// <summary>What is said to SQL Server, which no test here has at hand: its words are held to what its documentation has.</summary>
public sealed class SqlServerDialectTests
{
    static readonly AdoSqlServerDialect Dialect = new(AdoDialect.SqlServer);
    static readonly TableName Table = TableName.Parse("dbo.readings");

    static readonly MergeSql Merge = new(Dialect, Dialect.Quote(Table), Dialect.Staging, [Column("id", DataType.Int32), Column("station", DataType.Text)], [Column("id", DataType.Int32)]);

    static MatchedColumn Column(string name, DataType type) => new(0, new Field(name, type), type, Dialect.TypeOf(new Field(name, type)), true, null);

    [Fact]
    public void Rows_are_merged_by_an_update_with_a_join_and_an_insert()
    {
        Assert.Equal(
            "update t set [station] = s.[station] from [dbo].[readings] as t inner join [#millrace_staging] as s on t.[id] = s.[id] "
            + "and (exists (select t.[station] collate Latin1_General_100_BIN2 except select s.[station] collate Latin1_General_100_BIN2))",
            Merge.UpdateChanged);
        Assert.Equal(
            "insert into [dbo].[readings] ([id], [station]) select s.[id], s.[station] from [#millrace_staging] as s where not exists (select 1 from [dbo].[readings] as t where t.[id] = s.[id])",
            Merge.InsertNew);
        Assert.Equal("delete t from [dbo].[readings] as t where exists (select 1 from [#millrace_staging] as s where t.[id] = s.[id])", Merge.DeleteMatching);
    }

    [Fact]
    public void Repeated_keys_are_looked_for_with_top_and_deleted_by_their_number()
    {
        Assert.Equal("select top (1) 1 from [#millrace_staging] as s group by s.[id] having count(*) > 1", Merge.AnyRepeated);
        Assert.StartsWith("delete from [#millrace_staging] where [millrace_no] in (select millrace_row from (select s.*, s.[millrace_no] as millrace_row, row_number() over", Merge.DeleteRepeated, StringComparison.Ordinal);
    }

    [Fact]
    public void Versions_are_closed_with_bits_and_an_instant_of_its_own_type()
    {
        var at = Dialect.Instant(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        Assert.Equal("cast('2026-01-02 03:04:05.000000+00:00' as datetimeoffset(6))", at);
        Assert.Equal(
            "update t set [valid_to] = now, [is_current] = 0 from [dbo].[readings] as t where t.[is_current] = 1 and t.[valid_from] < now and not exists (select 1 from [#millrace_staging] as s where t.[id] = s.[id])",
            Merge.CloseMissing("now"));
    }

    [Fact]
    public void Tables_are_shaped_in_its_types_and_say_where_null_may_stand()
    {
        Assert.Equal("[name] nvarchar(450) not null", Dialect.Declare("name", Dialect.KeyTypeOf(new Field("name", DataType.Text)), nullable: false));
        Assert.Equal("alter table [dbo].[readings] add [at] datetime2(6) null", Dialect.AddColumn(Table, new Field("at", DataType.Timestamp)));
        Assert.Equal("alter table [dbo].[readings] alter column [id] bigint not null", Dialect.Widen(Table, "id", "bigint", nullable: false));
        Assert.Equal(
            "uniqueidentifier, bit, decimal(9,2), varbinary(max), datetimeoffset(6)",
            string.Join(", ", new DataType[] { DataType.Uuid, DataType.Boolean, DataType.Decimal(9, 2), DataType.Binary, DataType.Instant }.Select(t => Dialect.TypeOf(new Field("x", t)))));
        Assert.Equal("[a]]b]", Dialect.Quote("a]b"));
        Assert.Equal("N'it''s'", Dialect.Literal("it's"));
    }

    [Fact]
    public void No_statement_has_more_parameters_than_it_takes() => Assert.InRange(AdoDialect.SqlServer.MostParameters, 1, 2_100);
}
