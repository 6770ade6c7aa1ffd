// SPDX-License-Identifier: Apache-2.0
#include "config/assemble.hpp"

#include "config/encode_snapshot.hpp"
#include "config/quota_plugin.hpp"
#include "config/typed_block.hpp"
#include "config/value.hpp"

#include <algorithm>

namespace hearth::config {
namespace {

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/'))
        path.pop_back();
    return path;
}

void read_globals(Settings& s, const TypedBlock& in) {
    s.base_dir = without_slash(in.text("base_dir"));
    s.libexec_dir = without_slash(in.text("libexec_dir"));
    s.protocols = in.words("protocols");
    s.listen = in.words("listen");
    s.log_path = in.text("log_path");
    s.info_log_path = in.text("info_log_path");
    s.debug_log_path = in.text("debug_log_path");
    s.syslog_facility = in.text("syslog_facility");
    s.log_timestamp = in.text("log_timestamp");
    s.shutdown_clients = in.flag("shutdown_clients");
    s.default_internal_user = in.text("default_internal_user");
    s.default_internal_group = in.text("default_internal_group");
    s.default_login_user = in.text("default_login_user");
    s.first_valid_uid = in.u32("first_valid_uid");
    s.last_valid_uid = in.u32("last_valid_uid");
    s.first_valid_gid = in.u32("first_valid_gid");
    s.last_valid_gid = in.u32("last_valid_gid");
    s.mail_location = in.text("mail_location");
    s.mail_home = in.text("mail_home");
    s.mail_uid = in.text("mail_uid");
    s.mail_gid = in.text("mail_gid");
    s.mail_max_userip_connections = in.number("mail_max_userip_connections");
    s.disable_plaintext_auth = in.flag("disable_plaintext_auth");
    s.auth_mechanisms = in.words("auth_mechanisms");
    s.login_trusted_networks = in.words("login_trusted_networks");
    s.login_greeting = in.text("login_greeting");
    s.ssl = in.text("ssl");
    s.anvil_unreachable = in.text("anvil_unreachable") == "refuse" ? AnvilUnreachable::refuse : AnvilUnreachable::allow;
    s.login_handover_timeout = in.time("login_handover_timeout");
    s.login_auth_timeout = in.time("login_auth_timeout");
}

AuthDatabase read_database(const TypedBlock& in) {
    AuthDatabase db;
    db.name = in.block().name;
    db.origin = in.block().origin;
    db.driver = in.text("driver");
    db.args = in.text("args");
    db.args_origin = in.entry("args").is_default() ? db.origin : in.entry("args").origin;
    db.default_fields = in.text("default_fields");
    db.override_fields = in.text("override_fields");
    db.result_success = in.text("result_success");
    db.result_failure = in.text("result_failure");
    db.result_internalfail = in.text("result_internalfail");
    db.skip = in.text("skip");
    if (in.block().type != "passdb") return db;
    db.master = in.flag("master");
    db.pass = in.flag("pass");
    db.deny = in.flag("deny");
    db.mechanisms = in.words("mechanisms");
    db.username_filter = in.text("username_filter");
    return db;
}

NamespaceSettings read_namespace(const TypedBlock& in) {
    NamespaceSettings ns;
    ns.name = in.block().name;
    ns.origin = in.block().origin;
    ns.prefix = in.text("prefix");
    ns.separator = in.text("separator");
    ns.inbox = in.flag("inbox");
    ns.hidden = in.flag("hidden");
    ns.subscriptions = in.flag("subscriptions");
    ns.list = in.text("list");
    ns.location = in.text("location");
    for (const auto& block : in.block().blocks) {
        const TypedBlock mailbox(block);
        ns.mailboxes.push_back({.name = block.name,
            .autocreate = mailbox.text("auto"),
            .special_use = mailbox.words("special_use"),
            .autoexpunge = mailbox.time("autoexpunge")});
    }
    return ns;
}

void endless_if_zero(Block& block, std::string_view key) {
    if (auto* entry = block.find(key); entry != nullptr && entry->value == "0") entry->value = "unlimited";
}

// Names that stand for others, and numbers that mean "the default".
void resolve(Block& service, const Block& root) {
    const auto user = [&](Block& block) {
        for (auto& entry : block.entries)
            if (entry.key == "user" || entry.key == "group" || entry.key == "extra_groups")
                for (const auto* name : {"default_internal_user", "default_internal_group", "default_login_user"})
                    if (entry.value == "$" + std::string(name)) entry.value = root.text(name);
    };
    user(service);
    for (auto& listener : service.blocks)
        user(listener);
    const std::pair<const char*, const char*> defaults[] = {{"client_limit", "default_client_limit"},
        {"process_limit", "default_process_limit"}, {"idle_kill", "default_idle_kill"},
        {"vsz_limit", "default_vsz_limit"}};
    for (const auto& [key, global] : defaults)
        if (auto* entry = service.find(key); entry != nullptr && entry->value == "0") entry->value = root.text(global);
    endless_if_zero(service, "service_count");
    // The built-in imaps listener waits for `ssl`, as in Dovecot.
    for (auto& listener : service.blocks)
        if (const auto* ssl = listener.find("ssl");
            ssl != nullptr && ssl->value == "yes" && ssl->is_default() && root.text("ssl") == "no")
            listener.find("port")->value = "0";
}

} // namespace

bool is_served(const Settings& settings, const ServiceSettings& service) {
    const auto& served = settings.protocols;
    return service.protocol.empty() || std::find(served.begin(), served.end(), service.protocol) != served.end();
}

Settings assemble(Block root, Report& report) {
    Settings settings;
    resolve_quota_plugin(root, report);
    const bool has_namespace =
        std::any_of(root.blocks.begin(), root.blocks.end(), [](const Block& b) { return b.type == "namespace"; });
    if (!has_namespace) root.blocks.push_back(default_namespace());
    endless_if_zero(root, "mail_max_userip_connections");
    for (auto& block : root.blocks)
        if (block.type == "protocol") endless_if_zero(block, "mail_max_userip_connections");
    for (auto& block : root.blocks)
        if (block.type == "service") resolve(block, root);
    read_globals(settings, TypedBlock(root));
    for (const auto& block : root.blocks) {
        const TypedBlock in(block);
        if (block.type == "service") settings.services.push_back(read_service(in, settings, report));
        if (block.type == "passdb") settings.passdbs.push_back(read_database(in));
        if (block.type == "userdb") settings.userdbs.push_back(read_database(in));
        if (block.type == "namespace" && !in.flag("disabled")) settings.namespaces.push_back(read_namespace(in));
    }
    settings.effective = std::move(root);
    for (const auto& service : settings.services)
        if (service.kind == ServiceKind::worker && is_served(settings, service))
            settings.mail_max_userip_connections =
                decode_number(value_for(settings, service, "mail_max_userip_connections")).value_or(0);
    return settings;
}

const ServiceSettings* Settings::service(std::string_view wanted) const {
    const auto found =
        std::find_if(services.begin(), services.end(), [&](const ServiceSettings& s) { return s.name == wanted; });
    return found == services.end() ? nullptr : &*found;
}

std::string_view Settings::text(std::string_view key) const {
    return effective.text(key);
}

std::string_view name(ServiceKind kind) {
    switch (kind) {
    case ServiceKind::anvil: return "anvil";
    case ServiceKind::auth: return "auth";
    case ServiceKind::login: return "login";
    case ServiceKind::worker: return "worker";
    case ServiceKind::other: return "other";
    }
    return "";
}

} // namespace hearth::config
