using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Millrace.Data.Engines.DuckDb;

/// <summary>Finds the native library: beside the program, in its folder for this platform, or where .NET looks by itself.</summary>
static class DuckDbLibrary
{
    internal const string Name = "duckdb";

    static string FileName =>
        OperatingSystem.IsWindows() ? "duckdb.dll" : OperatingSystem.IsMacOS() ? "libduckdb.dylib" : "libduckdb.so";

    static string Platform
    {
        get
        {
            var system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

#pragma warning disable CA2255 // A resolver can be set only once for an assembly, and must be before the first call.
    [ModuleInitializer]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(DuckDbLibrary).Assembly, Resolve);
#pragma warning restore CA2255

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (name != Name) return 0;
        List<string> places = [AppContext.BaseDirectory];
        if (Path.GetDirectoryName(assembly.Location) is { Length: > 0 } beside && beside != AppContext.BaseDirectory) places.Add(beside);
        foreach (var place in places)
        {
            if (NativeLibrary.TryLoad(Path.Combine(place, "runtimes", Platform, "native", FileName), out var found)) return found;
            if (NativeLibrary.TryLoad(Path.Combine(place, FileName), out found)) return found;
        }
        return NativeLibrary.TryLoad(name, assembly, search, out var elsewhere)
            ? elsewhere
            : throw new DllNotFoundException(
                $"DuckDB's native library {FileName} for {Platform} is not at {Path.Combine(AppContext.BaseDirectory, "runtimes", Platform, "native")}. " +
                $"Build for this platform (dotnet build -r {Platform}) or put the file there.");
    }
}
