// SPDX-License-Identifier: Apache-2.0
#include "zygotes.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <stdexcept>
#include <system_error>

namespace hearth::master {
namespace {

// What says that this kind of start can't work here at all (a filter of system calls, another protocol), not that the
// machine is short of something.
bool is_for_good(int error) {
    return error == ENOSYS || error == EINVAL || error == EPERM || error == EPROTO;
}

} // namespace

// ---- Zygotes

void Zygotes::configure(std::span<const std::string> services, std::uint32_t generation, Time now) {
    generation_ = generation;
    for (auto& [name, service] : services_) {
        service.wanted = service.refused = false;
        service.throttle.forgive();
        retire(service, now);
    }
    for (const auto& name : services) services_[name].wanted = true;
    for (auto& [name, service] : services_) {
        evaluate(name, service, now);
        if (!service.wanted) release_held(name);
    }
}

void Zygotes::evaluate(const std::string& name, Service& service, Time now) {
    if (!service.wanted || service.refused || service.launching || service.current != 0 || stopping_) return;
    if (!service.throttle.allows(now)) return;
    service.launching = true;
    actions_.emplace_back(LaunchZygote{name});
}

void Zygotes::launched(const std::string& name, pid_t pid, Time now) {
    auto& service = services_[name];
    service.launching = false;
    service.current = pid;
    zygotes_[pid] = Zygote{
        .service = name, .generation = generation_, .started = now, .changed = now, .deadline = now + ready_max};
    if (!service.wanted || stopping_) retire(service, now);
}

void Zygotes::launch_failed(const std::string& name, Time now) {
    auto& service = services_[name];
    service.launching = false;
    service.throttle.ended({.before_ready = true}, now);
    release_held(name);
}

void Zygotes::ready(pid_t pid, bool speaks, Time now) {
    const auto found = zygotes_.find(pid);
    if (found == zygotes_.end() || found->second.state != State::starting) return;
    auto& zygote = found->second;
    auto& service = services_[zygote.service];
    if (!speaks) return refuse(zygote.service, service, "its program says READY, but knows nothing of zygotes", now);
    zygote.state = State::ready;
    zygote.changed = now;
    zygote.deadline.reset();
    service.throttle.became_ready();
    for (auto& [id, order] : orders_)
        if (order.zygote == 0 && order.service == zygote.service) ask(id, order, pid, now);
}

// A new configuration or a fresh layout: this one finishes what it was asked.
void Zygotes::retire(Service& service, Time now) {
    const auto found = zygotes_.find(std::exchange(service.current, 0));
    if (found == zygotes_.end()) return;
    auto& [pid, zygote] = *found;
    if (zygote.state == State::killed) return;
    zygote.state = State::retired;
    zygote.changed = now;
    close_if_done(pid, zygote, now);
}

void Zygotes::close_if_done(pid_t pid, Zygote& zygote, Time now) {
    if (zygote.state != State::retired || zygote.orders != 0) return;
    zygote.state = State::closed;
    zygote.deadline = now + end_max;
    actions_.emplace_back(CloseLink{pid});
}

void Zygotes::kill(pid_t pid, Zygote& zygote, std::string why) {
    if (zygote.state == State::killed) return;
    zygote.state = State::killed;
    zygote.deadline.reset();
    actions_.emplace_back(KillZygote{pid, zygote.service, std::move(why)});
}

void Zygotes::refuse(const std::string& name, Service& service, const std::string& why, Time now) {
    service.refused = true;
    actions_.emplace_back(Remark{true,
        fmt::format("service {}: {}: write worker_start = exec for it (its workers are exec'd until then)", name, why)});
    if (const auto found = zygotes_.find(service.current); found != zygotes_.end() && found->second.state == State::starting)
        kill(found->first, found->second, "it is no zygote");
    retire(service, now);
    release_held(name);
}

void Zygotes::exited(pid_t pid, bool clean, Time now) {
    const auto found = zygotes_.find(pid);
    if (found == zygotes_.end()) return;
    const auto zygote = std::move(found->second);
    zygotes_.erase(found);
    for (auto& [id, order] : orders_)
        if (order.zygote == pid) order.deadline = std::min(order.deadline, now + orphan_max);
    auto& service = services_[zygote.service];
    if (service.current != pid) return;
    service.current = 0;
    const bool unready = zygote.state == State::starting;
    const auto paused = service.throttle.ended({.clean = clean, .before_ready = unready, .age = now - zygote.started}, now);
    if (unready)
        actions_.emplace_back(Remark{true,
            fmt::format("service {}: its zygote ended before it was ready{}; if its program can't be one, write "
                        "worker_start = exec (its workers are exec'd until there is one)",
                zygote.service, paused ? ", the next is started later" : "")});
    evaluate(zygote.service, service, now);
    if (!service.launching) release_held(zygote.service);
}

void Zygotes::worker_crashed(const std::string& name, Time now) {
    const auto found = services_.find(name);
    if (found == services_.end()) return;
    auto& service = found->second;
    service.crashes.push_back(now);
    while (service.crashes.front() + crash_window < now) service.crashes.pop_front();
    if (service.crashes.size() < crashes_max) return;
    service.crashes.clear();
    if (service.current == 0) return;
    actions_.emplace_back(Remark{true,
        fmt::format("service {}: {} crashes of workers within {} min: a new zygote gives the next ones another memory layout",
            name, crashes_max, crash_window.count())});
    retire(service, now);
    evaluate(name, service, now);
}

void Zygotes::stop(Time now) {
    if (std::exchange(stopping_, true)) return;
    for (auto& [name, service] : services_) retire(service, now);
    for (auto& [id, order] : orders_)
        if (order.zygote == 0) order.deadline = now;
    tick(now);
}

void Zygotes::tick(Time now) {
    for (auto& [pid, zygote] : zygotes_)
        if (zygote.deadline && *zygote.deadline <= now)
            kill(pid, zygote, zygote.state == State::starting ? "it didn't get ready" : "it didn't end with its link");
    bool lost = false;
    for (auto at = orders_.begin(); at != orders_.end();) {
        const auto order = at++;
        if (order->second.deadline > now) continue;
        if (order->second.zygote == 0 && !stopping_) {
            by_exec(order);
            continue;
        }
        if (const auto zygote = zygotes_.find(order->second.zygote); zygote != zygotes_.end())
            kill(zygote->first, zygote->second, "an order wasn't answered in time");
        lost = lost || order->second.zygote != 0;
        finish(order, StartLost{order->second.service, order->first, 0}, now);
    }
    if (lost) strangers_ = true;
    look_for_strangers();
    for (auto& [name, service] : services_) evaluate(name, service, now);
}

// ---- Orders

void Zygotes::want(const std::string& name, std::uint64_t id, Time now) {
    auto& service = services_[name];
    const auto zygote = zygotes_.find(service.current);
    const bool possible = !stopping_ && (service.launching || zygote != zygotes_.end());
    const auto at = orders_.emplace(id, Order{.service = name, .deadline = now + hold_max}).first;
    if (!possible || (zygote != zygotes_.end() && zygote->second.state == State::killed)) return by_exec(at);
    if (zygote != zygotes_.end() && zygote->second.state == State::ready) ask(id, at->second, zygote->first, now);
}

void Zygotes::ask(std::uint64_t id, Order& order, pid_t pid, Time now) {
    auto& zygote = zygotes_.at(pid);
    ++zygote.orders;
    order.zygote = pid;
    order.generation = zygote.generation;
    order.deadline = now + answer_max;
    actions_.emplace_back(AskZygote{pid, order.service, id});
}

void Zygotes::ask_failed(std::uint64_t id, Time now) {
    const auto found = orders_.find(id);
    if (found == orders_.end()) return;
    finish(found, StartByExec{found->second.service, id}, now);
}

void Zygotes::answered(pid_t zygote, std::uint64_t id, pid_t pid, int error, Time now) {
    const auto found = orders_.find(id);
    // Unknown: its worker said HELLO already. Asked of nobody yet: no zygote knows its number.
    if (found == orders_.end() || found->second.zygote == 0 || found->second.zygote != zygote) return;
    const auto name = found->second.service;
    if (pid > 0) return finish(found, StartDone{name, id, pid, found->second.generation}, now);
    if (!is_for_good(error)) return finish(found, StartLost{name, id, error}, now);
    finish(found, StartByExec{name, id}, now);
    auto& service = services_[name];
    if (service.current != zygote) return;
    refuse(name, service, fmt::format("its zygote can't fork here ({})", std::generic_category().message(error)), now);
}

bool Zygotes::hello(std::uint64_t id, pid_t pid, Time now) {
    const auto found = orders_.find(id);
    if (found == orders_.end() || found->second.zygote == 0) return false;
    finish(found, StartDone{found->second.service, id, pid, found->second.generation}, now);
    return true;
}

// The one end of an order that was asked.
template <class Outcome> void Zygotes::finish(Orders::iterator at, Outcome outcome, Time now) {
    const auto order = std::move(at->second);
    orders_.erase(at);
    actions_.emplace_back(std::move(outcome));
    if (const auto found = zygotes_.find(order.zygote); found != zygotes_.end()) {
        --found->second.orders;
        close_if_done(found->first, found->second, now);
    }
    if (strangers_) look_for_strangers();
}

// Not while an order is out: its worker may be there already, and its zygote about to say so.
void Zygotes::look_for_strangers() {
    const bool asked = std::ranges::any_of(orders_, [](const auto& entry) { return entry.second.zygote != 0; });
    if (asked || !std::exchange(strangers_, false)) return;
    actions_.emplace_back(EndStrangers{});
}

void Zygotes::by_exec(Orders::iterator at) {
    actions_.emplace_back(StartByExec{at->second.service, at->first});
    orders_.erase(at);
}

void Zygotes::release_held(const std::string& service) {
    for (auto at = orders_.begin(); at != orders_.end();) {
        const auto order = at++;
        if (order->second.zygote == 0 && order->second.service == service) by_exec(order);
    }
}

// ---- Questions

std::optional<Time> Zygotes::next_deadline() const {
    std::optional<Time> first;
    const auto consider = [&first](Time time) { first = first ? std::min(*first, time) : time; };
    for (const auto& [pid, zygote] : zygotes_)
        if (zygote.deadline) consider(*zygote.deadline);
    for (const auto& [id, order] : orders_) consider(order.deadline);
    for (const auto& [name, service] : services_)
        if (service.wanted && !service.refused && !service.launching && service.current == 0 && !stopping_)
            consider(service.throttle.until());
    return first;
}

bool Zygotes::forks(std::string_view name) const {
    const auto found = services_.find(name);
    return found != services_.end() && found->second.wanted;
}

std::optional<ZygoteView> Zygotes::zygote(pid_t pid) const {
    const auto found = zygotes_.find(pid);
    if (found == zygotes_.end()) return std::nullopt;
    const auto& one = found->second;
    const bool ends = one.state != State::starting && one.state != State::ready;
    return ZygoteView{.pid = pid,
        .service = one.service,
        .state = one.state == State::starting ? "starting" : ends ? "leaving" : "zygote",
        .generation = one.generation,
        .started = one.started,
        .changed = one.changed,
        .asked = ends ? std::optional(one.changed) : std::nullopt};
}

std::vector<ZygoteView> Zygotes::zygotes() const {
    std::vector<ZygoteView> result;
    for (const auto& [pid, one] : zygotes_) result.push_back(*zygote(pid));
    return result;
}

void Zygotes::verify_invariants() const {
    const auto require = [](bool holds, const char* what) {
        if (!holds) throw std::logic_error(what);
    };
    std::map<pid_t, std::uint32_t> unanswered;
    for (const auto& [id, order] : orders_) {
        require(id != 0, "an order has a number");
        if (order.zygote != 0) ++unanswered[order.zygote];
        const auto service = services_.find(order.service);
        require(service != services_.end(), "an order's service is known");
        require(order.zygote != 0 || service->second.launching || service->second.current != 0 || stopping_,
            "an order waits only while a zygote is on its way");
    }
    for (const auto& [pid, zygote] : zygotes_) {
        const auto service = services_.find(zygote.service);
        require(service != services_.end(), "a zygote's service is known");
        require(zygote.orders == unanswered[pid], "unanswered orders are counted right");
        require((zygote.state != State::starting && zygote.state != State::ready) || service->second.current == pid,
            "only the current zygote is starting or ready");
        require(zygote.state != State::closed || zygote.orders == 0, "a link is closed behind the last answer");
    }
    for (const auto& [name, service] : services_) {
        require(service.current == 0 || zygotes_.contains(service.current), "the current zygote lives");
        require(!service.launching || service.current == 0, "one zygote at a time is current");
        require(service.crashes.size() < crashes_max, "crashes are forgotten when they were answered");
    }
}

} // namespace hearth::master
