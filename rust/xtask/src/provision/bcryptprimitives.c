// The function of bcryptprimitives.dll that Rust's standard library calls. Wine 8 lacks the library; Windows has it.

#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  while (length > 0) {
    ULONG part = length < MAXLONG ? (ULONG)length : MAXLONG;
    if (!RtlGenRandom(data, part)) abort();
    data += part;
    length -= part;
  }
  return TRUE;
}
