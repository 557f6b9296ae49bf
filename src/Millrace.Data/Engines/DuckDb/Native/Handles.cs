using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>A pointer that DuckDB gave and takes back once, however the program ends.</summary>
abstract class DuckDbHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;

    private protected abstract void Release(ref nint native);

    protected sealed override bool ReleaseHandle()
    {
        Release(ref handle);
        return true;
    }
}

sealed class DatabaseHandle : DuckDbHandle
{
    private protected override void Release(ref nint native) => Api.duckdb_close(ref native);
}

sealed class ConnectionHandle : DuckDbHandle
{
    private protected override void Release(ref nint native) => Api.duckdb_disconnect(ref native);
}

sealed class StatementHandle : DuckDbHandle
{
    private protected override void Release(ref nint native) => Api.duckdb_destroy_prepare(ref native);
}

sealed unsafe class ResultHandle : DuckDbHandle
{
    public ResultHandle() => SetHandle((nint)NativeMemory.AllocZeroed((nuint)sizeof(NativeResult)));

    internal NativeResult* Result => (NativeResult*)handle;

    private protected override void Release(ref nint native)
    {
        Api.duckdb_destroy_result((NativeResult*)native);
        NativeMemory.Free((void*)native);
    }
}

sealed class AppenderHandle : DuckDbHandle
{
    private protected override void Release(ref nint native) => _ = Api.duckdb_appender_destroy(ref native);
}
