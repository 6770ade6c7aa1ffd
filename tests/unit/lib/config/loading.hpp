// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.hpp"

#include <doctest/doctest.h>
#include <string>

namespace hearth::config {

/// Settings of a text that must load; a passdb is added, so that the text needn't.
inline Settings good(const std::string& text) {
    auto loaded = load_text(text + "\npassdb { driver = passwd-file; args = /etc/hearth/users }\n");
    INFO(loaded.text());
    REQUIRE(loaded.settings.has_value());
    return *loaded.settings;
}

/// All errors of a text, as printed.
inline std::string errors_of(const std::string& text) {
    const auto loaded = load_text(text);
    CHECK(!loaded.settings.has_value());
    std::string all;
    for (const auto& error : loaded.errors)
        all += error.text();
    return all;
}

/// All notes of a text that loads, as printed.
inline std::string notes_of(const std::string& text) {
    const auto loaded = load_text("passdb { driver = passwd-file; args = /etc/hearth/users }\n" + text);
    INFO(loaded.text());
    CHECK(loaded.settings.has_value());
    std::string all;
    for (const auto& note : loaded.notes)
        all += note.text();
    return all;
}

} // namespace hearth::config
