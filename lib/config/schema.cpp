// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

#include <algorithm>
#include <array>

namespace hearth::config {
namespace {

using std::string_view;

bool has_prefix(string_view name, std::initializer_list<string_view> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](string_view p) { return name.starts_with(p); });
}

bool is_among(string_view name, std::initializer_list<string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

template <class Visit> const SettingSpec* first_in(Scope scope, Visit matches) {
    const auto table = scope == Scope::global ? global_settings() : section_settings();
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const SettingSpec& s) { return s.scope == scope && matches(s); });
    return found == table.end() ? nullptr : &*found;
}

} // namespace

const SettingSpec* find_setting(Scope scope, string_view name) {
    if (name.empty()) return nullptr;
    return first_in(scope, [&](const SettingSpec& s) { return s.name == name || s.also == name; });
}

std::vector<string_view> setting_names(Scope scope) {
    std::vector<string_view> names;
    for (const auto& spec : scope == Scope::global ? global_settings() : section_settings()) {
        if (spec.scope != scope) continue;
        names.push_back(spec.name);
        if (!spec.also.empty()) names.push_back(spec.also);
    }
    return names;
}

string_view section_type(Scope scope) {
    switch (scope) {
    case Scope::global: return "";
    case Scope::service: return "service";
    case Scope::unix_listener: return "unix_listener";
    case Scope::inet_listener: return "inet_listener";
    case Scope::passdb: return "passdb";
    case Scope::userdb: return "userdb";
    case Scope::name_space: return "namespace";
    case Scope::mailbox: return "mailbox";
    }
    return "";
}

string_view reason_without_effect(string_view name) {
    constexpr string_view programs = "they belong to programs that Hearth is not; keep Dovecot for those";
    constexpr string_view tuning = "they tune Dovecot's own storage and caches";
    if (has_prefix(
            name, {"lmtp_", "lda_", "pop3_", "pop3c_", "imapc_", "dsync_", "director_", "doveadm_", "replication_",
                      "replicator_", "managesieve_", "sieve_", "old_stats_", "stats_", "indexer_", "quota_"}))
        return programs;
    if (has_prefix(name, {"submission_"}) && !name.starts_with("submission_relay_")) return programs;
    if (is_among(name,
            {"postmaster_address", "hostname", "sendmail_path", "recipient_delimiter", "deliver_log_format",
                "rejection_reason", "rejection_subject", "mail_log_prefix", "mail_log_events", "mail_log_fields",
                "auth_worker_max_count", "auth_proxy_self", "auth_socket_path", "auth_krb5_keytab",
                "auth_gssapi_hostname", "auth_use_winbind", "auth_winbind_helper_path", "instance_name",
                "import_environment", "verbose_proctitle", "version_ignore", "state_dir", "stats_writer_socket_path",
                "login_access_sockets", "login_plugin_dir", "login_proxy_max_disconnect_delay", "mail_plugin_dir",
                "log_core_filter", "log_debug", "imap_urlauth_host", "imap_urlauth_logout_format", "haproxy_timeout",
                "haproxy_trusted_networks", "login_source_ips", "metrics", "mail_server_admin", "mail_server_comment",
                "imap_metadata", "mail_attribute_dict", "dict_db_config", "urlauth_path"}))
        return programs;
    if (has_prefix(
            name, {"mbox_", "mdbox_", "mail_cache_", "mail_attachment_", "mailbox_list_index", "dotlock_", "mail_sort_",
                      "maildir_broken_", "maildir_empty_", "maildir_stat_", "mail_index_", "mail_vsize_"}))
        return tuning;
    if (is_among(name, {"mail_save_crlf", "mail_temp_dir", "mail_temp_scan_interval", "mail_shared_explicit_inbox",
                           "mailbox_idle_check_interval", "mail_always_cache_fields", "mail_never_cache_fields",
                           "mail_max_lock_timeout", "pop3_uidl_format", "mail_cache_min_mail_count"}))
        return tuning;
    return {};
}

bool is_foreign_service(string_view name) {
    return is_among(name,
        {"director", "replicator", "aggregator", "stats", "old-stats", "dict", "dict-async", "dict-expire", "doveadm",
            "ipc", "dns-client", "dns_client", "config", "log", "ssl-params", "auth-worker", "lmtp", "pop3",
            "pop3-login", "submission", "submission-login", "indexer", "indexer-worker", "imap-hibernate",
            "imap-urlauth", "imap-urlauth-login", "imap-urlauth-worker", "managesieve", "managesieve-login", "tcpwrap",
            "health-check", "quota-status", "quota-warning", "anvil-auth", "fts", "tika", "welcome", "maintenance"});
}

} // namespace hearth::config
