// SPDX-License-Identifier: Apache-2.0
#include "commands.hpp"
#include "config/dump.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/core.h>

namespace hearth::admin {
namespace {

// A line per setting; inner sections are told by the path before the key: "service imap/client_limit".
void print_json(const config::Block& block, const std::string& path, const ConfOptions& options) {
    for (const auto& entry : block.entries) {
        if (options.only_changed && entry.is_default()) continue;
        boost::json::object line;
        line["setting"] = path + entry.key;
        if (!entry.secret || options.secrets) line["value"] = entry.value;
        line["origin"] = entry.origin.text();
        fmt::print("{}\n", boost::json::serialize(line));
    }
    for (const auto& inner : block.blocks)
        print_json(inner, path + inner.type + (inner.name.empty() ? "" : " " + inner.name) + "/", options);
}

int print_some(const config::Settings& settings, const ConfOptions& options) {
    int code = exit_ok;
    for (const auto& name : options.names) {
        const auto* entry = settings.effective.find(name);
        if (entry == nullptr) {
            fmt::print(stderr, "hearth: there is no global setting {}\n", name);
            code = exit_usage;
        } else if (entry->secret && !options.secrets) {
            fmt::print("{} = # hidden; -P shows it\n", name);
        } else {
            fmt::print("{} = {}\n", name, entry->value);
        }
    }
    return code;
}

} // namespace

int conf(const Common& common, const ConfOptions& options) {
    const auto settings = load_or_exit(common);
    if (!options.names.empty()) return print_some(settings, options);
    if (common.json) {
        print_json(settings.effective, "", options);
        return exit_ok;
    }
    config::DumpOptions dump_options;
    dump_options.only_changed = options.only_changed;
    dump_options.secrets = options.secrets;
    fmt::print("{}", config::dump(settings, dump_options));
    return exit_ok;
}

} // namespace hearth::admin
