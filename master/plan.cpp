// SPDX-License-Identifier: Apache-2.0
#include "plan.hpp"
#include "config/encode_snapshot.hpp"
#include "identity.hpp"
#include "protocol/service.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/capability.h>
#include <unistd.h>

namespace hearth::master {
namespace {

using config::ServiceKind;

constexpr std::uint64_t bit(int capability) {
    return std::uint64_t{1} << capability;
}

// docs/protocol/service.md, "Start": what each kind needs until it has become its user.
std::uint64_t capabilities_of(ServiceKind kind) {
    constexpr auto switch_user = bit(CAP_SETUID) | bit(CAP_SETGID);
    switch (kind) {
    case ServiceKind::login: return switch_user | bit(CAP_SYS_CHROOT);
    case ServiceKind::worker: return switch_user | bit(CAP_CHOWN);
    default: return switch_user;
    }
}

Stage stage_of(ServiceKind kind) {
    switch (kind) {
    case ServiceKind::anvil: return Stage::anvil;
    case ServiceKind::auth: return Stage::auth;
    case ServiceKind::login: return Stage::login;
    default: return Stage::worker;
    }
}

class Planner {
public:
    Planner(const config::Settings& settings, const Self& self) : settings_(settings), self_(self) {}

    Checked<Plan> make();

private:
    void complain(const config::Origin& origin, const std::string& what) {
        complaints_ += origin.is_default() ? what + "\n" : fmt::format("{}: {}\n", origin.text(), what);
    }
    ServicePlan make_service(const config::ServiceSettings& service);
    void resolve_user(const config::ServiceSettings& service, ServicePlan& plan);
    void refuse_foreign_user(const config::ServiceSettings& service);
    void add_sockets(const config::ServiceSettings& service, ServicePlan& plan);
    std::shared_ptr<const Program> open_program(const config::ServiceSettings& service);
    void check_centre();
    void check_mail_user();

    const config::Settings& settings_;
    const Self self_;
    Identities identities_;
    std::string complaints_;
    Plan plan_;
};

Checked<Plan> Planner::make() {
    plan_.base_dir = settings_.base_dir;
    plan_.managed = self_.managed();
    plan_.end_sessions = settings_.shutdown_clients;
    const auto* debug = settings_.effective.find("mail_debug");
    plan_.debug = debug != nullptr && debug->value == "yes";
    const auto userip_limit = settings_.mail_max_userip_connections; // `unlimited` is more than fits
    plan_.userip_limit = userip_limit > UINT32_MAX ? 0 : static_cast<std::uint32_t>(userip_limit);
    plan_.log = {.path = settings_.log_path,
        .info_path = settings_.info_log_path,
        .debug_path = settings_.debug_log_path,
        .facility = settings_.syslog_facility,
        .timestamp = settings_.log_timestamp};
    plan_.login_uid = plan_.auth_uid = self_.uid;
    plan_.login_gid = self_.gid;
    if (plan_.managed) {
        if (const auto login = identities_.user(settings_.default_login_user, "default_login_user")) {
            plan_.login_uid = login->uid;
            plan_.login_gid = login->gid;
        }
    }
    for (const auto& service : settings_.services) plan_.services.push_back(make_service(service));
    if (const auto missing = identities_.complaint(); !missing.empty()) complaints_ += missing;
    else if (plan_.managed) check_centre();
    if (!complaints_.empty()) {
        complaints_.pop_back();
        return Complaint{complaints_};
    }
    return std::move(plan_);
}

ServicePlan Planner::make_service(const config::ServiceSettings& service) {
    ServicePlan plan;
    plan.name = service.name;
    plan.kind = service.kind;
    plan.program = open_program(service);
    plan.arguments = service.arguments;
    plan.drop_before_exec = service.drop_priv_before_exec;
    plan.client_limit = service.client_limit;
    plan.address_space_bytes = service.vsz_limit_bytes;
    plan.process_listener = service.process_listener;
    plan.settings = config::encode_snapshot(settings_, service);
    if (service.idle_memory_limit_bytes != config::unlimited) plan.idle_memory_limit = service.idle_memory_limit_bytes;
    if (service.evict_order == config::EvictOrder::least_expected)
        plan.evict_order = protocol::anvil::EvictOrder::least_expected;
    plan.forks = service.kind == ServiceKind::worker && service.worker_start == config::WorkerStart::fork;
    plan.rule = {.name = service.name,
        .stage = stage_of(service.kind),
        .per_user = service.kind == ServiceKind::worker,
        .process_limit = service.process_limit,
        .process_min_avail = service.process_min_avail,
        .process_limit_reserve = service.process_limit_reserve};
    if (plan_.managed) {
        resolve_user(service, plan);
        plan.capabilities = capabilities_of(service.kind);
        if (!service.chroot.empty())
            plan.chroot = service.chroot.starts_with('/') ? service.chroot : settings_.base_dir + "/" + service.chroot;
    } else {
        refuse_foreign_user(service);
    }
    add_sockets(service, plan);
    return plan;
}

void Planner::resolve_user(const config::ServiceSettings& service, ServicePlan& plan) {
    const auto wanted_by = "service " + service.name;
    if (!service.user.empty()) {
        if (const auto user = identities_.user(service.user, wanted_by)) {
            plan.uid = user->uid;
            plan.gid = user->gid;
            if (user->uid == 0) complain(service.origin, fmt::format("service {}: user must not be root", service.name));
        }
    } else if (service.kind != ServiceKind::worker) {
        complain(service.origin,
            fmt::format("service {} needs a user: only workers run without one, until they belong to a mail user", service.name));
    }
    if (!service.group.empty()) {
        if (const auto group = identities_.group(service.group, wanted_by)) plan.gid = *group;
    }
    for (const auto& name : service.extra_groups)
        if (const auto group = identities_.group(name, wanted_by)) plan.groups.push_back(*group);
    if (service.kind == ServiceKind::login && plan.uid) {
        plan_.login_uid = *plan.uid;
        plan_.login_gid = plan.gid.value_or(plan_.login_gid);
    }
    if (service.kind == ServiceKind::auth && plan.uid) plan_.auth_uid = *plan.uid;
}

// A default (hearth, hearthnull, ...) means "as the master sees fit"; what the administrator wrote is honoured or refused.
void Planner::refuse_foreign_user(const config::ServiceSettings& service) {
    const auto* block = settings_.effective.find("service", service.name);
    const auto* entry = block != nullptr ? block->find("user") : nullptr;
    if (entry == nullptr || entry->is_default() || service.user.empty()) return;
    const auto user = identities_.user(service.user, "service " + service.name);
    if (user && user->uid != self_.uid)
        complain(entry->origin,
            fmt::format("service {} is to run as user {}, but this master isn't root and can't become another user: remove "
                        "the line, or start the master as root",
                service.name, service.user));
}

void Planner::add_sockets(const config::ServiceSettings& service, ServicePlan& plan) {
    const auto wanted_by = "service " + service.name;
    // Workers connect to it while they are root still (or the one user of a private instance).
    if (service.kind == ServiceKind::anvil)
        plan.unix_sockets.push_back({.path = std::string(protocol::service::fd_report),
            .type = net::datagram,
            .mode = 0600,
            .uid = self_.uid,
            .gid = self_.gid});
    const bool login_dir_only = service.kind == ServiceKind::worker;
    for (const auto& listener : service.unix_listeners) {
        if (listener.path == protocol::service::fd_report) continue;
        UnixSocketPlan socket{.path = listener.path,
            .type = login_dir_only && listener.path == "login/" + service.name ? net::sequenced : net::stream,
            .mode = static_cast<mode_t>(listener.mode),
            .uid = self_.uid,
            .gid = self_.gid};
        if (plan_.managed && !listener.user.empty())
            if (const auto user = identities_.user(listener.user, wanted_by)) socket.uid = user->uid;
        if (plan_.managed && !listener.group.empty())
            if (const auto group = identities_.group(listener.group, wanted_by)) socket.gid = *group;
        plan.unix_sockets.push_back(std::move(socket));
    }
    for (const auto& listener : service.inet_listeners)
        for (std::size_t i = 0; i < listener.addresses.size(); ++i)
            plan.inet_sockets.push_back({.name = i == 0 ? listener.name : fmt::format("{}#{}", listener.name, i + 1),
                .address = listener.addresses[i],
                .port = listener.port});
}

std::shared_ptr<const Program> Planner::open_program(const config::ServiceSettings& service) {
    auto program = std::make_shared<Program>();
    program->path =
        service.executable.starts_with('/') ? service.executable : settings_.libexec_dir + "/" + service.executable;
    program->fd.reset(::open(program->path.c_str(), O_PATH | O_CLOEXEC));
    if (!program->fd || ::access(program->path.c_str(), X_OK) != 0)
        complain(service.origin, fmt::format("service {}: can't execute {}: {}", service.name, program->path,
            last_error().message()));
    return program;
}

// What the grant's evidence rests on: whoever runs as auth's user could make grants.
void Planner::check_centre() {
    for (const auto& service : plan_.services) {
        if (service.kind == ServiceKind::auth) continue;
        if (service.uid && *service.uid == plan_.auth_uid)
            complaints_ += fmt::format("service {} and service auth run as the same user (uid {}): whoever is auth's user can "
                                       "log in as anybody; give auth a user of its own\n",
                service.name, plan_.auth_uid);
        if (service.kind == ServiceKind::anvil && service.uid && *service.uid == plan_.login_uid)
            complaints_ += fmt::format("service anvil and the login services run as the same user (uid {}): the login user "
                                       "may own nothing\n", plan_.login_uid);
    }
    if (!settings_.mail_uid.empty()) check_mail_user();
}

void Planner::check_mail_user() {
    const auto user = identities_.user(settings_.mail_uid, "mail_uid");
    if (!user) {
        complaints_ += identities_.complaint();
        return;
    }
    if (user->uid < settings_.first_valid_uid || (settings_.last_valid_uid != 0 && user->uid > settings_.last_valid_uid))
        complaints_ += fmt::format("mail_uid = {} is uid {}, outside of first_valid_uid ({}) .. last_valid_uid ({}): no mail "
                                   "could be served\n",
            settings_.mail_uid, user->uid, settings_.first_valid_uid, settings_.last_valid_uid);
    for (const auto& service : plan_.services)
        if (service.uid && *service.uid == user->uid)
            complaints_ += fmt::format("mail_uid = {} is the user of service {}: mail must belong to somebody else\n",
                settings_.mail_uid, service.name);
}

} // namespace

Self Self::now() {
    return {::geteuid(), ::getegid()};
}

const ServicePlan* Plan::service(std::string_view name) const {
    const auto found = std::ranges::find_if(services, [&](const auto& one) { return one.name == name; });
    return found == services.end() ? nullptr : &*found;
}

Checked<Plan> make_plan(const config::Settings& settings, const Self& self) {
    return Planner(settings, self).make();
}

} // namespace hearth::master
