using Millrace.Cli.DataWork;

namespace Millrace.Cli.Tests;

public sealed class SqlFilesTests
{
    [Theory]
    [InlineData("select 1", "select 1")]
    [InlineData("select * from 'a.csv' where x = 'b.csv'", "select * from \"a\" where x = 'b.csv'", "a=a.csv")]
    [InlineData("from 'x/a.csv' join \"from\" b using (id) JOIN 'y/a.csv' c", "from \"a\" join \"from\" b using (id) JOIN \"a_2\" c", "a=x/a.csv", "a_2=y/a.csv")]
    [InlineData("from 'a.csv' union all from 'a.csv'", "from \"a\" union all from \"a\"", "a=a.csv")]
    [InlineData("from -- from 'no.csv'\n 'it''s.csv'", "from -- from 'no.csv'\n \"it_s\"", "it_s=it's.csv")]
    [InlineData("from 'tolldata.tgz!vehicle-data.csv'", "from \"vehicle_data\"", "vehicle_data=tolldata.tgz!vehicle-data.csv")]
    [InlineData("from 'year=2026/*.parquet' /* join 'no' */", "from \"_\" /* join 'no' */", "_=year=2026/*.parquet")]
    [InlineData("from 'a.csv' x, 'b.csv' y where 'c' in ('d', 'e')", "from \"a\" x, \"b_2\" y where 'c' in ('d', 'e')", "a=a.csv", "b_2=b.csv")]
    [InlineData("select extract(year from '2020-01-01'), trim(both 'x' from 'y') from 'a.csv'", "select extract(year from '2020-01-01'), trim(both 'x' from 'y') from \"a\"", "a=a.csv")]
    [InlineData("from ('a.csv' join 'b.csv' using (id)), (from 'c.csv')", "from (\"a\" join \"b_2\" using (id)), (from \"c_3\")", "a=a.csv", "b_2=b.csv", "c_3=c.csv")]
    [InlineData("select $$from 'no'$$, $x$ 'no' $x$ from 'a.csv' order by 1, 'b'", "select $$from 'no'$$, $x$ 'no' $x$ from \"a\" order by 1, 'b'", "a=a.csv")]
    public void Files_where_tables_could_stand_get_names(string query, string sql, params string[] files)
    {
        var found = SqlFiles.Find(query);
        Assert.Equal(sql, found.Sql);
        Assert.Equal(files, found.Files.Select(f => $"{f.Name}={f.Location}"));
    }

    [Theory]
    [InlineData("select 1", "select 1")]
    [InlineData(" select 1 ; ; select 'a;b' -- c;d\n; /* e;f */", "select 1", "select 'a;b' -- c;d")]
    [InlineData("select $$a;b$$;", "select $$a;b$$")]
    [InlineData("  ; -- nothing")]
    public void Statements_are_parted_by_semicolons(string sql, params string[] statements) => Assert.Equal(statements, SqlText.Statements(sql));

    [Fact]
    public void A_text_that_is_not_closed_is_refused() =>
        Assert.Throws<UserErrorException>(() => SqlFiles.Find("select 'abc"));
}
