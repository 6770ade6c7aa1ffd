// link: hearth_config
// SPDX-License-Identifier: Apache-2.0
// Any text is either refused with printable diagnostics, or loads, and then print, parse, print gives the same text and
// every snapshot can be read.
#include "base/ensure.hpp"
#include "config/dump.hpp"
#include "config/encode_snapshot.hpp"
#include "config/load.hpp"
#include "config/snapshot.hpp"

#include <algorithm>
#include <cstdint>

using namespace hearth::config;

namespace {

void check_printable(const std::string& text) {
    const auto fine = [](char c) {
        return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\n' || c == '\t';
    };
    hearth::ensure(std::all_of(text.begin(), text.end(), fine), "a diagnostic holds a control byte");
}

void check_round_trip(const Settings& settings, bool only_changed) {
    const DumpOptions options{.only_changed = only_changed, .origins = false, .secrets = true};
    const auto text = dump(settings, options);
    const auto again = load_text(text, {}, "/e/a.conf");
    hearth::ensure(again.settings.has_value(), "the dump does not load: " + again.text() + "\n" + text);
    hearth::ensure(dump(*again.settings, options) == text,
        "print, parse, print differs:\n" + text + "----\n" + dump(*again.settings, options));
    hearth::ensure(again.settings->services.size() == settings.services.size(), "a service got lost");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const MemoryFiles files(
        {{"/e/a.conf", text}, {"/e/b.conf", text.substr(size / 2)}, {"/e/c", "one line\n"}}, {{"HOME", "/root"}});
    const auto loaded = load("/e/a.conf", files);
    check_printable(loaded.text());
    hearth::ensure(loaded.settings.has_value() == loaded.errors.empty(), "settings and errors, or neither");
    if (!loaded.settings) return 0;
    check_round_trip(*loaded.settings, false);
    check_round_trip(*loaded.settings, true);
    for (const auto& service : loaded.settings->services)
        hearth::ensure(
            Snapshot::parse(encode_snapshot(*loaded.settings, service)).has_value(), "a snapshot can't be read");
    return 0;
}
