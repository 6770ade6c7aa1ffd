// SPDX-License-Identifier: Apache-2.0
#include "config/contradictions.hpp"

#include "base/text.hpp"
#include "config/assemble.hpp"
#include "config/encode_snapshot.hpp"
#include "config/value.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace hearth::config {
namespace {

constexpr std::uint64_t other_connections = 8; ///< to anvil and auth beside login's: the master, `hearth who`, ...

class Check {
public:
    Check(const Settings& settings, bool managed, Report& report) : s_(settings), managed_(managed), report_(report) {}

    void run() {
        for (const auto& service : s_.services)
            limits(service);
        for (const auto& service : s_.services)
            warmth(service);
        listeners();
        connections("anvil");
        connections("auth");
        if (managed_) users();
        valid_ids("uid", s_.first_valid_uid, s_.last_valid_uid, s_.mail_uid);
        valid_ids("gid", s_.first_valid_gid, s_.last_valid_gid, s_.mail_gid);
        databases();
        namespaces();
        protocols();
        user_limit();
        times();
    }

private:
    void limits(const ServiceSettings& service);
    void warmth(const ServiceSettings& service);
    void listeners();
    void connections(std::string_view center);
    void users();
    void valid_ids(std::string_view what, std::uint64_t first, std::uint64_t last, const std::string& mail_id);
    void databases();
    void namespaces();
    void database_args(const AuthDatabase& db, bool is_passdb);
    void protocols();
    void user_limit();
    void times();

    /// Where a service's setting is written; the service's own block when it is a default.
    [[nodiscard]] Origin at(const ServiceSettings& service, std::string_view key) const;
    /// Of several settings, the first that somebody wrote.
    [[nodiscard]] Origin written(const ServiceSettings& service, std::initializer_list<std::string_view> keys) const;
    [[nodiscard]] Origin global(std::string_view key) const;

    const Settings& s_;
    const bool managed_;
    Report& report_;
};

Origin Check::global(std::string_view key) const {
    const auto* entry = s_.effective.find(key);
    return entry == nullptr ? Origin{} : entry->origin;
}

Origin Check::at(const ServiceSettings& service, std::string_view key) const {
    const auto* block = s_.effective.find("service", service.name);
    const auto* entry = block == nullptr ? nullptr : block->find(key);
    return entry == nullptr || entry->is_default() ? service.origin : entry->origin;
}

Origin Check::written(const ServiceSettings& service, std::initializer_list<std::string_view> keys) const {
    for (const auto key : keys)
        if (const auto origin = at(service, key); !origin.is_default()) return origin;
    for (const auto key : keys)
        if (const auto origin = global(fmt::format("default_{}", key)); !origin.is_default()) return origin;
    return service.origin;
}

void Check::limits(const ServiceSettings& x) {
    const auto wants_one = x.kind == ServiceKind::anvil || x.kind == ServiceKind::auth;
    if (wants_one && x.process_limit != 1)
        report_.error(written(x, {"process_limit"}),
            fmt::format("service {} is one process, not {}", x.name, x.process_limit),
            "write process_limit = 1, or leave it out");
    if (x.process_min_avail > x.process_limit)
        report_.error(written(x, {"process_min_avail", "process_limit"}),
            fmt::format(
                "service {}: process_min_avail {} > process_limit {}", x.name, x.process_min_avail, x.process_limit),
            fmt::format(
                "at most {} processes can be ready; raise process_limit or lower process_min_avail", x.process_limit));
    else if (x.process_limit_reserve >= x.process_limit && x.process_limit_reserve > 0)
        report_.error(written(x, {"process_limit_reserve", "process_limit"}),
            fmt::format("service {}: process_limit_reserve {} leaves {} of {} processes to users", x.name,
                x.process_limit_reserve, 0, x.process_limit),
            "keep less of process_limit free");
    else if (x.process_min_avail + std::uint64_t(x.process_limit_reserve) > x.process_limit)
        report_.error(written(x, {"process_min_avail", "process_limit_reserve", "process_limit"}),
            fmt::format("service {}: process_min_avail {} + process_limit_reserve {} = {} > process_limit {}", x.name,
                x.process_min_avail, x.process_limit_reserve,
                x.process_min_avail + std::uint64_t(x.process_limit_reserve), x.process_limit),
            "no process would be left for users; raise process_limit");
    if (x.drop_priv_before_exec && !x.chroot.empty())
        report_.error(at(x, "drop_priv_before_exec"),
            fmt::format("service {}: who has dropped its privileges can't chroot to {}", x.name, x.chroot),
            "use one of drop_priv_before_exec and chroot");
    if (x.kind == ServiceKind::worker && x.client_limit > 4096)
        report_.error(written(x, {"client_limit"}),
            fmt::format(
                "service {}: client_limit {} > 4096, the sessions that one worker can report", x.name, x.client_limit),
            "at most 4096");
    if (x.kind == ServiceKind::worker && x.process_listener.empty() && is_served(s_, x))
        report_.note(x.origin,
            fmt::format("service {} has no listener for each process: its workers are never used again", x.name),
            fmt::format("add unix_listener {}-%{{pid}} {{ }}", x.name));
}

void Check::warmth(const ServiceSettings& x) {
    if (x.service_count != 1) return;
    const auto origin = at(x, "service_count");
    if (origin.is_default()) return;
    if (x.kind == ServiceKind::worker)
        report_.note(origin, "service_count = 1: this switches warmth off; each login starts a new process",
            "write service_count = 0 to keep workers warm");
    if (x.kind == ServiceKind::login)
        report_.note(origin, "service_count = 1: each client gets a login process of its own, and waits for its start",
            "leave it out unless you want that wall between clients");
}

void Check::listeners() {
    std::map<std::string, std::string> taken; // address or path -> service
    const auto claim = [&](const std::string& key, const std::string& what, const ServiceSettings& service,
                           const Origin& origin) {
        const auto [it, fresh] = taken.emplace(key, service.name);
        if (!fresh)
            report_.error(origin, fmt::format("{} is a listener of service {} already", what, it->second),
                "each address and path has one service; remove or change one");
        return fresh;
    };
    for (const auto& service : s_.services) {
        if (!is_served(s_, service)) continue;
        for (const auto& listener : service.unix_listeners)
            claim(listener.path, printable(listener.path, 200), service, listener.origin);
        if (!service.process_listener.empty())
            claim(service.process_listener, service.process_listener, service, service.origin);
        for (const auto& listener : service.inet_listeners)
            for (const auto& address : listener.addresses)
                if (!claim(fmt::format("{} {}", address, listener.port),
                        fmt::format("{} port {}", printable(address, 60), listener.port), service, listener.origin))
                    break;
    }
}

// Each login process holds one connection to anvil and one to auth for as long as it lives.
void Check::connections(std::string_view center) {
    const auto* to = s_.service(center);
    if (to == nullptr) return;
    std::uint64_t needed = other_connections;
    std::string sum;
    for (const auto& service : s_.services) {
        if (service.kind != ServiceKind::login || !is_served(s_, service)) continue;
        needed += service.process_limit;
        sum += fmt::format("{} {} + ", service.name, service.process_limit);
    }
    if (needed > to->client_limit)
        report_.error(written(*to, {"client_limit"}),
            fmt::format("service {}: client_limit {} < {}{} others = {} connections", center, to->client_limit, sum,
                other_connections, needed),
            fmt::format("write client_limit = {} here, or lower process_limit of the login services", needed));
}

void Check::users() {
    const auto* auth = s_.service("auth");
    for (const auto& x : s_.services) {
        const bool untrusted =
            x.kind == ServiceKind::login || x.kind == ServiceKind::anvil || x.kind == ServiceKind::auth;
        if (untrusted && (x.user.empty() || x.user == "root" || x.user == "0"))
            report_.error(at(x, "user"), fmt::format("service {} may not run as root", x.name),
                "give it a user of its own, or leave `user` out");
        if (auth != nullptr && &x != auth && !auth->user.empty() && x.user == auth->user && is_served(s_, x))
            report_.error(written(x, {"user"}).is_default() ? at(*auth, "user") : at(x, "user"),
                fmt::format("service {} runs as {}, which is auth's user", x.name, auth->user),
                "whoever runs as auth's user could let anybody in; give auth a user of its own");
    }
}

void Check::valid_ids(std::string_view what, std::uint64_t first, std::uint64_t last, const std::string& mail_id) {
    if (last != 0 && first > last)
        report_.error(global(fmt::format("{}_valid_{}",
                          global(fmt::format("last_valid_{}", what)).is_default() ? "first" : "last", what)),
            fmt::format("first_valid_{} {} > last_valid_{} {}: no user would be valid", what, first, what, last),
            "0 means no upper bound");
    const auto id = parse_u64(mail_id);
    if (!id) return;
    const auto origin = global(fmt::format("mail_{}", what));
    if (*id == 0 || *id < first)
        report_.error(origin, fmt::format("mail_{} {} < first_valid_{} {}", what, *id, what, first),
            *id == 0 ? "mail can't belong to root"
                     : fmt::format("write first_valid_{} = {}, or use another", what, *id));
    else if (last != 0 && *id > last)
        report_.error(origin, fmt::format("mail_{} {} > last_valid_{} {}", what, *id, what, last),
            fmt::format("raise last_valid_{}", what));
}

void Check::databases() {
    for (const auto* list : {&s_.passdbs, &s_.userdbs})
        for (const auto& db : *list)
            if (db.driver.empty())
                report_.error(db.origin,
                    fmt::format("this {} has no driver", list == &s_.passdbs ? "passdb" : "userdb"),
                    "write driver = passwd-file and args = FILE in it");
    for (const auto& db : s_.passdbs)
        database_args(db, true);
    for (const auto& db : s_.userdbs)
        database_args(db, false);
    if (s_.passdbs.empty())
        report_.note({.file = s_.effective.origin.file, .line = 0, .column = 0},
            "there is no passdb: nobody can log in", "write passdb { driver = passwd-file; args = /etc/hearth/users }");
}

// As auth reads them, so that it finds nothing at its start that could have been said here.
void Check::database_args(const AuthDatabase& db, bool is_passdb) {
    const auto words = decode_words(db.args);
    const auto path = std::find_if(words.begin(), words.end(), [](const auto& word) { return word.starts_with('/'); });
    if (db.driver == "passwd-file") {
        for (auto word = words.begin(); word != path; ++word)
            if (!word->starts_with("scheme=") && !word->starts_with("username_format="))
                return report_.error(db.args_origin,
                    fmt::format("passwd-file has no argument \"{}\"", printable(word->substr(0, word->find('=')), 40)),
                    "write args = scheme=SHA512-CRYPT username_format=%u /etc/hearth/users");
        if (path == words.end())
            report_.error(db.args_origin, "args of passwd-file don't end with the absolute path of the file",
                "write args = /etc/hearth/users");
    }
    const auto has = [&](std::string_view key) {
        return std::any_of(words.begin(), words.end(), [&](const auto& word) { return word.starts_with(key); });
    };
    if (db.driver == "static" && is_passdb && !has("password=") && !has("nopassword"))
        report_.error(db.args_origin, "a static passdb without a password",
            "write args = password=..., or nopassword=y to let everybody in");
    if ((db.driver == "passwd" || db.driver == "prefetch") && !words.empty())
        report_.error(db.args_origin, fmt::format("{} takes no args", db.driver), "remove them");
}

void Check::namespaces() {
    const auto& all = s_.namespaces;
    if (all.empty())
        return report_.error({.file = s_.effective.origin.file, .line = 0, .column = 0}, "all namespaces are disabled",
            "one must hold INBOX");
    for (std::size_t i = 1; i < all.size(); ++i)
        report_.error(all[i].origin, "more than one namespace is not built",
            "leave the one with inbox = yes; write disabled = yes in this one, or keep its users with Dovecot");
    if (std::none_of(all.begin(), all.end(), [](const auto& ns) { return ns.inbox; }))
        report_.error(all.front().origin, "no namespace says inbox = yes", "write inbox = yes in it");
}

void Check::protocols() {
    for (const auto& protocol : s_.protocols) {
        const bool served =
            std::any_of(s_.services.begin(), s_.services.end(), [&](const auto& x) { return x.protocol == protocol; });
        if (served) continue;
        static const std::vector<std::string_view> foreign = {"lmtp", "pop3", "sieve", "managesieve", "submission"};
        if (protocol == "none" || std::find(foreign.begin(), foreign.end(), protocol) != foreign.end()) continue;
        std::vector<std::string_view> known;
        for (const auto& x : s_.services)
            if (!x.protocol.empty()) known.push_back(x.protocol);
        const auto near = nearest(protocol, known);
        report_.error(global("protocols"), fmt::format("no service has the protocol \"{}\"", printable(protocol, 60)),
            near.empty() ? "write protocols = imap" : fmt::format("did you mean {}?", near));
    }
}

// Anvil counts with one limit for all protocols.
void Check::user_limit() {
    const ServiceSettings* first = nullptr;
    constexpr auto key = "mail_max_userip_connections";
    for (const auto& x : s_.services) {
        if (x.kind != ServiceKind::worker || !is_served(s_, x)) continue;
        if (first == nullptr) first = &x;
        if (value_for(s_, x, key) == value_for(s_, *first, key)) continue;
        report_.error(global(key),
            fmt::format("{} is {} for {} and {} for {}", key, value_for(s_, *first, key), first->name,
                value_for(s_, x, key), x.name),
            "it is one limit for all protocols here");
    }
}

void Check::times() {
    if (s_.login_handover_timeout <= s_.login_auth_timeout) return;
    report_.error(
        global(global("login_handover_timeout").is_default() ? "login_auth_timeout" : "login_handover_timeout"),
        fmt::format("login_handover_timeout {} > login_auth_timeout {}", s_.text("login_handover_timeout"),
            s_.text("login_auth_timeout")),
        "the handover is a part of the login; give the whole of it more time");
}

} // namespace

void find_contradictions(const Settings& settings, bool managed, Report& report) {
    Check(settings, managed, report).run();
}

} // namespace hearth::config
