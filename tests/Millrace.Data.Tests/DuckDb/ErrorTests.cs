using Millrace.Data.Engines.DuckDb;
using Millrace.Testing.Servers;

namespace Millrace.Data.Tests.DuckDb;

public sealed class ErrorTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void An_error_in_a_file_has_its_place()
    {
        using var folder = new TempFolder();
        var file = folder["readings.csv"];
        File.WriteAllText(file, "station,celsius\nA,1.5\nB,2.5\nC,warm\n");
        using var database = DuckDbDatabase.InMemory();
        using var connection = database.Connect();
        var failure = Assert.Throws<DuckDbException>(() =>
            connection.Execute($"SELECT * FROM read_csv('{file}', header = true, columns = {{'station': 'VARCHAR', 'celsius': 'DOUBLE'}})", Cancel));
        Assert.Equal(DuckDbErrorType.Conversion, failure.Type);
        Assert.Equal((file, 4L, "celsius"), (failure.File, failure.Line, failure.Column));
    }

    [Fact]
    public void A_ragged_row_has_its_place()
    {
        using var folder = new TempFolder();
        var file = folder["ragged.csv"];
        File.WriteAllText(file, "a,b\n1,2\n3\n4,5\n");
        using var database = DuckDbDatabase.InMemory();
        using var connection = database.Connect();
        var failure = Assert.Throws<DuckDbException>(() =>
            connection.Execute($"SELECT * FROM read_csv('{file}', header = true, auto_detect = false, delim = ',', columns = {{'a': 'INT', 'b': 'INT'}})", Cancel));
        Assert.Equal((file, 3L), (failure.File, failure.Line));
    }

    [Fact]
    public void A_column_of_the_query_is_not_taken_for_one_of_a_file()
    {
        using var database = DuckDbDatabase.InMemory();
        using var connection = database.Connect();
        var failure = Assert.Throws<DuckDbException>(() => connection.Execute("SELECT nothing FROM range(3) t(i)", Cancel));
        Assert.Equal((DuckDbErrorType.Binder, null, null, null), (failure.Type, failure.File, failure.Line, failure.Column));
    }

    [Fact]
    public void A_missing_file_is_an_error_of_input()
    {
        using var database = DuckDbDatabase.InMemory();
        using var connection = database.Connect();
        var failure = Assert.Throws<DuckDbException>(() => connection.Execute("SELECT * FROM read_csv('/no/such/file.csv')", Cancel));
        Assert.Equal(DuckDbErrorType.IO, failure.Type);
    }
}
