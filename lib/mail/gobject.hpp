// SPDX-License-Identifier: Apache-2.0
// Ownership of what GLib and GMime hand out. Only .cpp files of lib/mail include this: GMime stays invisible outside.
#pragma once

#include <gmime/gmime.h>
#include <memory>
#include <string>

namespace hearth::mail {

struct GObjectUnref {
    void operator()(void* object) const { g_object_unref(object); }
};
/// Owns one reference of a GObject.
template <class T> using GObjectPtr = std::unique_ptr<T, GObjectUnref>;

struct GFree {
    void operator()(void* memory) const { g_free(memory); }
};
/// Owns a string that GLib allocated.
using GCharPtr = std::unique_ptr<char, GFree>;

/// Initialises GMime at the first call of the process; further calls cost a load.
void ensure_gmime();

/// The string, or "" for a null pointer.
inline std::string text_or_empty(const char* text) {
    return text == nullptr ? std::string() : std::string(text);
}

} // namespace hearth::mail
