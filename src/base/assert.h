// Assertions for what our own code must keep; they stay on in production. Bytes from outside, full disks and slow
// peers are never asserted. One condition per assert.
#pragma once

namespace evershore {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line);
}

#define EVERSHORE_ASSERT(condition) ((condition) ? static_cast<void>(0) : ::evershore::assertion_failed(#condition, __FILE__, __LINE__))
