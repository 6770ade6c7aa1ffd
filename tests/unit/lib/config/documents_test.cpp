// SPDX-License-Identifier: Apache-2.0
// The documentation and the sample are held against the schema. HEARTH_UPDATE_DOCS=1 writes the tables anew.
#include "config/dump.hpp"
#include "config/load.hpp"
#include "config/reference.hpp"
#include "config/schema.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace hearth::config;

namespace {

std::filesystem::path source_root() {
    return std::filesystem::path(__FILE__).parent_path() / "../../../..";
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

constexpr std::string_view begin_mark = "<!-- begin: made from the schema -->\n",
                           end_mark = "<!-- end: made from the schema -->\n";

} // namespace

TEST_CASE("docs/configuration.md holds the schema's tables as they are") {
    const auto path = source_root() / "docs/configuration.md";
    auto page = read_file(path);
    const auto begin = page.find(begin_mark), end = page.find(end_mark);
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    const auto tables = settings_reference();
    if (std::getenv("HEARTH_UPDATE_DOCS") != nullptr) {
        page.replace(begin + begin_mark.size(), end - begin - begin_mark.size(), tables);
        std::ofstream(path) << page;
    }
    CHECK(page.find(tables) != std::string::npos);
    for (const auto& spec : global_settings())
        CHECK_MESSAGE(page.find("`" + std::string(spec.name) + "`") != std::string::npos, std::string(spec.name));
    for (const auto& spec : section_settings())
        CHECK_MESSAGE(page.find("`" + std::string(spec.name) + "`") != std::string::npos, std::string(spec.name));
}

TEST_CASE("the sample configuration loads without errors and notes") {
    const auto loaded = load(source_root() / "packaging/hearth.conf");
    CHECK(loaded.text().empty());
    REQUIRE(loaded.settings);
    CHECK(loaded.settings->namespaces.at(0).mailboxes.size() == 4);
}

TEST_CASE("what the sample shows as a default is the default") {
    const auto sample = source_root() / "packaging/hearth.conf";
    const auto plain = load(sample);
    // Uncomments the lines `#key = value` at the margin or in a block, but not alternatives such as a second userdb.
    std::string text, line;
    std::istringstream lines(read_file(sample));
    int inside_alternative = 0;
    while (std::getline(lines, line)) {
        if (line.starts_with("#") && line.ends_with("{")) ++inside_alternative;
        const auto hash = line.find('#');
        const bool shows = hash != std::string::npos && line.find(" = ") != std::string::npos &&
                           line.find_first_not_of(' ') == hash && line[hash + 1] != ' ';
        if (shows && inside_alternative == 0 && line.find("login_trusted_networks") == std::string::npos &&
            line.find("port") == std::string::npos)
            line.erase(hash, 1);
        if (line == "#}") --inside_alternative;
        text += line + "\n";
    }
    const auto shown = load_text(text, {}, "sample.conf");
    INFO(shown.text());
    REQUIRE(plain.settings);
    REQUIRE(shown.settings);
    const DumpOptions options{.only_changed = false, .origins = false, .secrets = true};
    CHECK(dump(*shown.settings, options) == dump(*plain.settings, options));
}
