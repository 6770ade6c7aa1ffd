// SPDX-License-Identifier: Apache-2.0
#include "config/encode_snapshot.hpp"

#include "config/assemble.hpp"
#include "config/schema.hpp"

#include <fmt/format.h>

namespace hearth::config {
namespace {

using std::string_view;

class Lines {
public:
    void add(string_view key, string_view value) {
        text_ += key;
        text_ += '=';
        for (const char byte : value) {
            if (byte == '\\')
                text_ += "\\\\";
            else if (byte == '\n')
                text_ += "\\n";
            else
                text_ += byte;
        }
        text_ += '\n';
    }
    void add_block(const std::string& prefix, const Block& block) {
        add(prefix + ".name", block.name);
        for (const auto& entry : block.entries)
            add(fmt::format("{}.{}", prefix, entry.key), entry.value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

Audience audience_of(ServiceKind kind) {
    switch (kind) {
    case ServiceKind::anvil: return for_anvil;
    case ServiceKind::auth: return for_auth;
    case ServiceKind::login: return for_login;
    case ServiceKind::worker: return for_worker;
    case ServiceKind::other: return nobody;
    }
    return nobody;
}

// Anvil knows one limit; all protocols agree on it (contradictions.cpp), so any service of workers tells it.
const ServiceSettings& reader_of(const Settings& settings, const ServiceSettings& service, string_view key) {
    if (service.kind == ServiceKind::anvil && key == "mail_max_userip_connections")
        for (const auto& other : settings.services)
            if (other.kind == ServiceKind::worker && is_served(settings, other)) return other;
    return service;
}

bool applies(const Block& filter, const std::string& protocol) {
    if (filter.type != "protocol" || protocol.empty()) return false;
    return filter.name.starts_with('!') ? filter.name.substr(1) != protocol : filter.name == protocol;
}

void own_service(Lines& lines, const Settings& settings, const ServiceSettings& service) {
    lines.add("service.name", service.name);
    if (const auto* block = settings.effective.find("service", service.name))
        for (const auto& entry : block->entries)
            if (entry.key != "process_limit_reserve") lines.add("service." + entry.key, entry.value);
    lines.add("service.process_limit_reserve", std::to_string(service.process_limit_reserve));
    lines.add("service.process_listener", service.process_listener);
    for (std::size_t i = 0; i < service.unix_listeners.size(); ++i)
        lines.add(fmt::format("service.unix_listener.{}.path", i), service.unix_listeners[i].path);
    for (std::size_t i = 0; i < service.inet_listeners.size(); ++i) {
        const auto& listener = service.inet_listeners[i];
        const auto prefix = fmt::format("service.inet_listener.{}", i);
        lines.add(prefix + ".name", listener.name);
        lines.add(prefix + ".address", fmt::format("{}", fmt::join(listener.addresses, " ")));
        lines.add(prefix + ".port", std::to_string(listener.port));
        lines.add(prefix + ".ssl", listener.ssl ? "yes" : "no");
    }
}

void blocks_of(Lines& lines, const Settings& settings, string_view type) {
    std::size_t i = 0;
    for (const auto& block : settings.effective.blocks) {
        if (block.type != type || block.text("disabled") == "yes") continue;
        const auto prefix = fmt::format("{}.{}", type, i++);
        lines.add_block(prefix, block);
        std::size_t j = 0;
        for (const auto& inner : block.blocks)
            lines.add_block(fmt::format("{}.{}.{}", prefix, inner.type, j++), inner);
    }
}

} // namespace

string_view value_for(const Settings& settings, const ServiceSettings& service, string_view key) {
    auto value = settings.effective.text(key);
    for (const auto& block : settings.effective.blocks)
        if (applies(block, service.protocol))
            if (const auto* entry = block.find(key)) value = entry->value;
    return value;
}

std::string encode_snapshot(const Settings& settings, const ServiceSettings& service) {
    Lines lines;
    lines.add("hearth-snapshot", service.name);
    const auto audience = audience_of(service.kind);
    for (const auto& spec : global_settings())
        if (spec.audience == for_all || (spec.audience & audience) != 0)
            lines.add(spec.name, value_for(settings, reader_of(settings, service, spec.name), spec.name));
    own_service(lines, settings, service);
    if (service.kind == ServiceKind::auth) {
        blocks_of(lines, settings, "passdb");
        blocks_of(lines, settings, "userdb");
    }
    if (service.kind == ServiceKind::worker) blocks_of(lines, settings, "namespace");
    return lines.take();
}

} // namespace hearth::config
