// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "config/builtin.hpp"
#include "config/typed_block.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace hearth::config {
namespace {

constexpr std::string_view pid_variable = "%{pid}";

ServiceKind kind_of(const TypedBlock& in, bool has_process_listener) {
    if (in.block().name == "anvil") return ServiceKind::anvil;
    if (in.block().name == "auth") return ServiceKind::auth;
    const auto type = in.text("type");
    if (type == "login") return ServiceKind::login;
    return type == "worker" || has_process_listener ? ServiceKind::worker : ServiceKind::other;
}

// Relative to base_dir, whichever way it was written.
std::string relative_path(const std::string& path, const std::string& base_dir) {
    return path.starts_with(base_dir + "/") ? path.substr(base_dir.size() + 1) : path;
}

void read_unix_listener(ServiceSettings& service, const TypedBlock& in, const Settings& settings, Report& report) {
    const auto path = relative_path(in.block().name, settings.base_dir);
    const auto mode = in.u32("mode");
    const auto& origin = in.block().origin;
    const auto variable = path.find('%');
    if (variable != std::string::npos) {
        const bool only_pid = path.ends_with(pid_variable) && path.find('%') == path.size() - pid_variable.size();
        if (!only_pid)
            return report.error(origin,
                fmt::format("the listener's name \"{}\" has a variable that isn't known", printable(path, 100)),
                "a process's own listener ends with %{pid}, such as imap-%{pid}");
        if (!path.starts_with("login/") || path.find('/', 6) != std::string::npos)
            return report.error(origin, fmt::format("the listener {} lies outside of login/", printable(path, 100)),
                fmt::format("login processes see nothing else; write {}-%{{pid}}", service.name));
        if (mode == 0) return;
        if (!service.process_listener.empty())
            return report.error(origin, "a process has one listener of its own", "remove this one");
        service.process_listener = path;
        return;
    }
    if (path.empty() || path.find("..") != std::string::npos || path.find(':') != std::string::npos)
        return report.error(origin, fmt::format("\"{}\" can't be a listener's path", printable(path, 100)),
            "a path below base_dir, without .. and :");
    // sun_path has 108 bytes, and the one in it must end.
    const auto whole = path.starts_with('/') ? path.size() : settings.base_dir.size() + 1 + path.size();
    if (whole > 107)
        return report.error(origin, fmt::format("the listener's path has {} bytes; a socket's may have 107", whole),
            "shorten it, or base_dir");
    if (mode == 0) return;
    service.unix_listeners.push_back(
        {.path = path, .mode = mode, .user = in.text("user"), .group = in.text("group"), .origin = origin});
}

void read_inet_listener(ServiceSettings& service, const TypedBlock& in, const Settings& settings, Report& report) {
    const auto port = in.u32("port");
    const bool ssl = in.flag("ssl");
    if (port == 0) return;
    if (ssl && settings.ssl == "no")
        return report.error(in.entry("ssl").origin,
            fmt::format("the listener {} wants TLS", printable(in.block().name, 60)),
            "TLS comes with a later release; set port = 0 here, and put Dovecot or a TLS proxy in front");
    auto addresses = in.words("address");
    if (addresses.empty()) addresses = settings.listen;
    service.inet_listeners.push_back({.name = in.block().name,
        .addresses = std::move(addresses),
        .port = static_cast<std::uint16_t>(port),
        .ssl = ssl,
        .origin = in.block().origin});
}

void read_executable(ServiceSettings& service, const TypedBlock& in, Report& report) {
    service.arguments = in.words("executable");
    const auto& origin = in.entry("executable").origin;
    if (service.arguments.empty()) {
        static const std::vector<std::string_view> names = {"anvil", "auth", "imap", "imap-login"};
        const auto near = nearest(service.name, names);
        const bool mistyped = !near.empty() && near != service.name;
        return report.error(origin.is_default() ? service.origin : origin,
            fmt::format("service {} has no executable", service.name),
            mistyped ? fmt::format("did you mean service {}?", near)
                     : "write executable = PROGRAM, relative to libexec_dir");
    }
    service.executable = service.arguments.front();
    service.arguments.erase(service.arguments.begin());
    if (service.executable == "script-login" ||
        (is_builtin_service(service.name) && service.kind == ServiceKind::worker && !service.arguments.empty()))
        report.error(origin, "programs after the login (post-login scripts) are not run",
            fmt::format("write executable = {}, and keep users that need the script with Dovecot", service.name));
}

} // namespace

ServiceSettings read_service(const TypedBlock& in, const Settings& settings, Report& report) {
    ServiceSettings service;
    service.name = in.block().name;
    service.origin = in.block().origin;
    service.protocol = in.text("protocol");
    for (const auto& block : in.block().blocks) {
        if (block.type == "unix_listener")
            read_unix_listener(service, TypedBlock(block), settings, report);
        else
            read_inet_listener(service, TypedBlock(block), settings, report);
    }
    service.kind = kind_of(in, !service.process_listener.empty());
    read_executable(service, in, report);
    service.user = in.text("user");
    service.group = in.text("group");
    service.extra_groups = in.words("extra_groups");
    service.chroot = in.text("chroot");
    service.drop_priv_before_exec = in.flag("drop_priv_before_exec");
    service.client_limit = in.u32("client_limit");
    service.process_limit = in.u32("process_limit");
    service.process_min_avail = in.u32("process_min_avail");
    const bool percent = in.text("process_limit_reserve").ends_with('%');
    const auto reserve = in.number("process_limit_reserve");
    const auto resolved = percent ? service.process_limit * reserve / 100 : reserve;
    const bool evicts = service.kind == ServiceKind::worker; // nothing else can be asked to leave
    service.process_limit_reserve = evicts ? static_cast<std::uint32_t>(resolved) : 0;
    service.service_count = in.number("service_count");
    service.idle_kill = in.time("idle_kill");
    service.vsz_limit_bytes = in.number("vsz_limit");
    service.idle_memory_limit_bytes = in.number("idle_memory_limit");
    service.worker_start = in.text("worker_start") == "fork" ? WorkerStart::fork : WorkerStart::exec;
    service.evict_order =
        in.text("evict_order") == "least-expected" ? EvictOrder::least_expected : EvictOrder::longest_idle;
    return service;
}

} // namespace hearth::config
