namespace Millrace.Data;

/// <summary>A source that is a table or a query of a PostgreSQL database, so that plans over it can run there.</summary>
interface IPostgresScan
{
    /// <summary>Sources whose connections have one identity can be joined inside the database.</summary>
    PostgresConnection Connection { get; }

    /// <summary>A SELECT that gives exactly these columns (all where null) in that order, each of the type that the source's schema says.</summary>
    string PostgresSql(IReadOnlyList<string>? columns);
}
