using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>Computes the output of all rows of a chunk; from any thread, several at once.</summary>
delegate void ScalarBody(DuckDbChunk input, VectorWriter output);

/// <summary>A C# function that SQL calls by name, a chunk at a time.</summary>
sealed unsafe class ScalarFunction(string name, IReadOnlyList<LogicalType> parameters, LogicalType result, ScalarBody body) : IDisposable
{
    /// <summary>Whether equal arguments may give different results, so that each row must be computed.</summary>
    internal bool Volatile { get; init; }

    /// <summary>Registers it for all connections to the database. It lives as long as the database.</summary>
    internal void Register(DuckDbConnection connection)
    {
        var function = Api.duckdb_create_scalar_function();
        try
        {
            Api.duckdb_scalar_function_set_name(function, name);
            foreach (var parameter in parameters) Api.duckdb_scalar_function_add_parameter(function, parameter);
            Api.duckdb_scalar_function_set_return_type(function, result);
            // The body sees nulls itself: DuckDB's own handling is of constants only.
            Api.duckdb_scalar_function_set_special_handling(function);
            if (Volatile) Api.duckdb_scalar_function_set_volatile(function);
            Api.duckdb_scalar_function_set_function(function, &Call);
            Api.duckdb_scalar_function_set_extra_info(function, GCHandle.ToIntPtr(GCHandle.Alloc(body)), &Callbacks.Free);
            if (Api.duckdb_register_scalar_function(connection.Handle, function) != Api.Success)
                throw new DuckDbException(DuckDbErrorType.Catalog, $"The function '{name}' can't be registered: DuckDB has one of that name and those parameters, or a type is unknown to it.");
        }
        finally
        {
            Api.duckdb_destroy_scalar_function(ref function);
        }
    }

    public void Dispose()
    {
        foreach (var parameter in parameters) parameter.Dispose();
        result.Dispose();
    }

    [UnmanagedCallersOnly]
    static void Call(nint info, nint input, nint output)
    {
        try
        {
            Callbacks.Target<ScalarBody>(Api.duckdb_scalar_function_get_extra_info(info))(new(input), new(output));
        }
        catch (Exception thrown)
        {
            Api.duckdb_scalar_function_set_error(info, CallbackFailures.Keep(thrown));
        }
    }
}

/// <summary>Managed objects in DuckDB's hands.</summary>
static class Callbacks
{
    internal static T Target<T>(nint handle) where T : class => (T)GCHandle.FromIntPtr(handle).Target!;

    [UnmanagedCallersOnly]
    internal static void Free(nint handle)
    {
        var held = GCHandle.FromIntPtr(handle);
        var target = held.Target;
        held.Free();
        try
        {
            (target as IDisposable)?.Dispose();
        }
        catch (Exception thrown)
        {
            // Nobody above is managed code, and DuckDB takes no error here.
            Environment.FailFast($"{target?.GetType()} threw while DuckDB disposed it.", thrown);
        }
    }
}
