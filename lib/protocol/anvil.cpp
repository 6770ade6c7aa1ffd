// SPDX-License-Identifier: Apache-2.0
#include "protocol/anvil.hpp"
#include "protocol/limits.hpp"
#include "protocol/message_head.hpp"

namespace hearth::protocol::anvil {
namespace {

// The types of all messages of the three conversations.
enum class Type : std::uint8_t {
    worker_report = 1, roster, service_limits, started, exited, user_limit,
    lookup = 16, none_took, cancel, silent, route,
    evictable = 32, evictees, demand, kick,
};

constexpr MessageHead<Type> head{.magic = 0x48414e56, .version = 2}; // "HANV"

void put(Writer& out, const std::vector<std::uint32_t>& pids) {
    out.u32(static_cast<std::uint32_t>(pids.size()));
    for (const auto pid : pids) out.u32(pid);
}

std::vector<std::uint32_t> get_pids(Reader& in, std::size_t limit) {
    std::vector<std::uint32_t> pids;
    for (auto n = in.count(static_cast<std::uint32_t>(limit), 4); n > 0; --n) pids.push_back(in.u32());
    return pids;
}

struct ReportEncoder {
    std::string operator()(const WorkerReport& r) const {
        auto out = head.begin(Type::worker_report);
        out.u64(r.sequence);
        out.u32(r.generation);
        out.text(r.service);
        out.text(r.user);
        out.bytes(r.identity);
        out.bytes(r.tag);
        out.u8(r.accepts ? 1 : 0);
        out.u8(r.leaving ? 1 : 0);
        out.u32(r.served);
        out.u32(r.client_limit);
        out.u32(r.memory_kib);
        out.u32(static_cast<std::uint32_t>(r.sessions.size()));
        for (const auto& session : r.sessions) {
            out.id(session.id);
            out.text(session.remote_ip);
        }
        out.u32(static_cast<std::uint32_t>(r.ended.size()));
        for (const auto& id : r.ended) out.id(id);
        return out.take();
    }
    std::string operator()(const Roster& r) const {
        auto out = head.begin(Type::roster);
        out.u64(r.epoch);
        out.u16(r.part);
        out.u16(r.parts);
        out.u32(static_cast<std::uint32_t>(r.processes.size()));
        for (const auto& process : r.processes) {
            out.u32(process.pid);
            out.text(process.service);
        }
        return out.take();
    }
    std::string operator()(const ServiceLimits& r) const {
        auto out = head.begin(Type::service_limits);
        out.text(r.service);
        out.u32(r.process_limit);
        out.u32(r.client_limit);
        out.u32(r.generation);
        out.u64(r.idle_memory_limit);
        out.u8(static_cast<std::uint8_t>(r.evict_order));
        return out.take();
    }
    std::string operator()(const UserLimit& r) const {
        auto out = head.begin(Type::user_limit);
        out.u32(r.userip_limit);
        return out.take();
    }
    std::string operator()(const Started& r) const {
        auto out = head.begin(Type::started);
        out.u32(r.pid);
        out.text(r.service);
        return out.take();
    }
    std::string operator()(const Exited& r) const {
        auto out = head.begin(Type::exited);
        out.u32(r.pid);
        out.u8(static_cast<std::uint8_t>(r.reason));
        return out.take();
    }
};

WorkerReport get_worker_report(Reader& in) {
    WorkerReport r;
    r.sequence = in.u64();
    r.generation = in.u32();
    r.service = in.text(service_bytes_max);
    r.user = in.text(user_bytes_max);
    r.identity = in.bytes<16>();
    r.tag = in.bytes<32>();
    r.accepts = in.u8() != 0;
    r.leaving = in.u8() != 0;
    r.served = in.u32();
    r.client_limit = in.u32();
    r.memory_kib = in.u32();
    for (auto n = in.count(sessions_per_worker_max, 18); n > 0; --n) {
        ActiveSession session;
        session.id = in.id();
        session.remote_ip = in.text(ip_bytes_max);
        r.sessions.push_back(std::move(session));
    }
    for (auto n = in.count(ended_per_report_max, 16); n > 0; --n) r.ended.push_back(in.id());
    return r;
}

Roster get_roster(Reader& in) {
    Roster r;
    r.epoch = in.u64();
    r.part = in.u16();
    r.parts = in.u16();
    for (auto n = in.count(pids_per_message_max, 6); n > 0; --n) {
        Roster::Process process;
        process.pid = in.u32();
        process.service = in.text(service_bytes_max);
        r.processes.push_back(std::move(process));
    }
    return r;
}

ServiceLimits get_service_limits(Reader& in) {
    ServiceLimits r;
    r.service = in.text(service_bytes_max);
    r.process_limit = in.u32();
    r.client_limit = in.u32();
    r.generation = in.u32();
    r.idle_memory_limit = in.u64();
    const auto order = in.u8();
    if (order < 1 || order > static_cast<std::uint8_t>(EvictOrder::least_expected)) in.fail();
    r.evict_order = static_cast<EvictOrder>(order);
    return r;
}

Started get_started(Reader& in) {
    Started r;
    r.pid = in.u32();
    r.service = in.text(service_bytes_max);
    return r;
}

Exited get_exited(Reader& in) {
    Exited r;
    r.pid = in.u32();
    const auto reason = in.u8();
    if (reason >= exit_reason_count) in.fail();
    r.reason = static_cast<ExitReason>(reason);
    return r;
}

struct LoginEncoder {
    std::string operator()(const Lookup& m) const {
        auto out = head.begin(Type::lookup);
        out.u32(m.id);
        out.text(m.service);
        out.text(m.user);
        out.text(m.remote_ip);
        out.bytes(m.identity);
        out.id(m.session);
        return out.take();
    }
    std::string operator()(const NoneTook& m) const { return word(Type::none_took, m.id); }
    std::string operator()(const Cancel& m) const { return word(Type::cancel, m.id); }
    std::string operator()(const Silent& m) const { return word(Type::silent, m.pid); }
    static std::string word(Type type, std::uint32_t value) {
        auto out = head.begin(type);
        out.u32(value);
        return out.take();
    }
};

Lookup get_lookup(Reader& in) {
    Lookup m;
    m.id = in.u32();
    m.service = in.text(service_bytes_max);
    m.user = in.text(user_bytes_max);
    m.remote_ip = in.text(ip_bytes_max);
    m.identity = in.bytes<16>();
    m.session = in.id();
    return m;
}

struct PushEncoder {
    std::string operator()(const Evictees& m) const {
        auto out = head.begin(Type::evictees);
        out.u32(m.id);
        put(out, m.pids);
        return out.take();
    }
    std::string operator()(const Demand& m) const {
        auto out = head.begin(Type::demand);
        out.text(m.service);
        out.u32(m.cold);
        out.u32(m.waiting);
        out.u32(m.excess);
        return out.take();
    }
    std::string operator()(const Kick& m) const {
        auto out = head.begin(Type::kick);
        out.u32(m.pid);
        out.u32(m.session_word);
        return out.take();
    }
};

// The message if everything was read and nothing is left over.
template <class Variant, class T>
std::optional<Variant> whole(const Reader& in, T message) {
    if (!in.done()) return std::nullopt;
    return Variant(std::move(message));
}

} // namespace

std::string encode(const Report& report) {
    return std::visit(ReportEncoder{}, report);
}

std::optional<Report> decode_report(std::string_view datagram) {
    Reader in(datagram);
    const auto type = head.read(in);
    if (!type) return std::nullopt;
    switch (*type) {
    case Type::worker_report: { auto r = get_worker_report(in); return whole<Report>(in, std::move(r)); }
    case Type::roster: { auto r = get_roster(in); return whole<Report>(in, std::move(r)); }
    case Type::service_limits: { auto r = get_service_limits(in); return whole<Report>(in, std::move(r)); }
    case Type::started: { auto r = get_started(in); return whole<Report>(in, std::move(r)); }
    case Type::user_limit: { UserLimit r{in.u32()}; return whole<Report>(in, r); }
    case Type::exited: { auto r = get_exited(in); return whole<Report>(in, r); }
    default: return std::nullopt;
    }
}

std::string encode(const LoginMessage& message) {
    return std::visit(LoginEncoder{}, message);
}

std::optional<LoginMessage> decode_login_message(std::string_view frame) {
    Reader in(frame);
    const auto type = head.read(in);
    if (!type) return std::nullopt;
    switch (*type) {
    case Type::lookup: { auto m = get_lookup(in); return whole<LoginMessage>(in, std::move(m)); }
    case Type::none_took: { NoneTook m{in.u32()}; return whole<LoginMessage>(in, m); }
    case Type::cancel: { Cancel m{in.u32()}; return whole<LoginMessage>(in, m); }
    case Type::silent: { Silent m{in.u32()}; return whole<LoginMessage>(in, m); }
    default: return std::nullopt;
    }
}

std::string encode(const Route& route) {
    auto out = head.begin(Type::route);
    out.u32(route.id);
    out.u8(static_cast<std::uint8_t>(route.verdict));
    out.u8(static_cast<std::uint8_t>(route.why));
    out.u32(route.limit);
    put(out, route.pids);
    return out.take();
}

std::optional<Route> decode_route(std::string_view frame) {
    Reader in(frame);
    const auto type = head.read(in);
    if (!type || *type != Type::route) return std::nullopt;
    Route route;
    route.id = in.u32();
    const auto verdict = in.u8();
    const auto why = in.u8();
    route.limit = in.u32();
    route.pids = get_pids(in, candidates_max);
    if (!in.done() || verdict < 1 || verdict > static_cast<std::uint8_t>(Verdict::refused_queue) || why < 1 ||
        why >= cold_count)
        return std::nullopt;
    route.verdict = static_cast<Verdict>(verdict);
    route.why = static_cast<Cold>(why);
    return route;
}

std::string_view name(Cold why) {
    switch (why) {
    case Cold::first: return "first";
    case Cold::none_idle: return "none-idle";
    case Cold::other_identity: return "other-identity";
    case Cold::generation: return "generation";
    case Cold::restarting: return "restarting";
    case Cold::raced: return "raced";
    case Cold::idle_kill: return "idle-kill";
    case Cold::evicted: return "evicted";
    case Cold::memory: return "memory";
    case Cold::recycled: return "recycled";
    case Cold::crash: return "crash";
    case Cold::kicked: return "kicked";
    case Cold::ended: return "ended";
    }
    return "?";
}

std::string_view name(ExitReason reason) {
    switch (reason) {
    case ExitReason::other: return "other";
    case ExitReason::idle_kill: return "idle-kill";
    case ExitReason::eviction: return "eviction";
    case ExitReason::memory: return "memory";
    case ExitReason::generation: return "generation";
    case ExitReason::recycling: return "recycling";
    case ExitReason::crash: return "crash";
    case ExitReason::kick: return "kick";
    case ExitReason::shutdown: return "shutdown";
    }
    return "?";
}

std::string encode(const MasterMessage& message) {
    const auto& m = std::get<Evictable>(message);
    auto out = head.begin(Type::evictable);
    out.u32(m.id);
    out.text(m.service);
    out.u32(m.count);
    return out.take();
}

std::optional<MasterMessage> decode_master_message(std::string_view frame) {
    Reader in(frame);
    const auto type = head.read(in);
    if (!type || *type != Type::evictable) return std::nullopt;
    Evictable m;
    m.id = in.u32();
    m.service = in.text(service_bytes_max);
    m.count = in.u32();
    return whole<MasterMessage>(in, std::move(m));
}

std::string encode(const MasterPush& message) {
    return std::visit(PushEncoder{}, message);
}

std::optional<MasterPush> decode_master_push(std::string_view frame) {
    Reader in(frame);
    const auto type = head.read(in);
    if (!type) return std::nullopt;
    switch (*type) {
    case Type::evictees: {
        Evictees m;
        m.id = in.u32();
        m.pids = get_pids(in, pids_per_message_max);
        return whole<MasterPush>(in, std::move(m));
    }
    case Type::demand: {
        Demand m;
        m.service = in.text(service_bytes_max);
        m.cold = in.u32();
        m.waiting = in.u32();
        m.excess = in.u32();
        return whole<MasterPush>(in, std::move(m));
    }
    case Type::kick: {
        Kick m;
        m.pid = in.u32();
        m.session_word = in.u32();
        return whole<MasterPush>(in, m);
    }
    default: return std::nullopt;
    }
}

std::uint32_t session_word(const SessionId& id) {
    return (std::uint32_t{id.bytes[0]} << 24) | (std::uint32_t{id.bytes[1]} << 16) | (std::uint32_t{id.bytes[2]} << 8) |
           id.bytes[3];
}

} // namespace hearth::protocol::anvil
