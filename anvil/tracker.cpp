// SPDX-License-Identifier: Apache-2.0
#include "tracker.hpp"
#include "limit_text.hpp"
#include "log/log.hpp"
#include "net/spawn.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace hearth::anvil {
namespace {

constexpr std::size_t checked_size_max = 200; // debug builds verify the ledger while it is no bigger

} // namespace

Tracker::Tracker(boost::asio::any_io_executor executor, Setup setup)
    : executor_(executor),
      master_pid_(setup.master_pid),
      ledger_(setup.ledger),
      reports_(executor, std::move(setup.report), setup.master_pid, ledger_),
      login_listener_(executor, std::move(setup.login)),
      master_listener_(executor, std::move(setup.master)),
      admin_listener_(executor, std::move(setup.admin)),
      timer_(executor) {}

void Tracker::start() {
    net::spawn(executor_, serve_reports(), "reports");
    net::spawn(executor_, accept_logins(), "login/anvil");
    net::spawn(executor_, accept_master(), "anvil-master");
    net::spawn(executor_, accept_admins(), "anvil-admin");
}

void Tracker::stop_listening() {
    login_listener_.close();
    master_listener_.close();
    admin_listener_.close();
}

void Tracker::when_no_login_is_left(std::function<void()> callback) {
    no_login_left_ = std::move(callback);
    if (logins_.empty()) no_login_left_();
}

void Tracker::catch_up() {
    reports_.drain(ReportSocket::everything, Clock::now());
}

void Tracker::publish() {
#ifndef NDEBUG
    if (ledger_.worker_count() + ledger_.lease_count() <= checked_size_max) ledger_.verify_invariants();
#endif
    // Before the answers: a login that reads `cold` is at the shared listener at once, and the master would start a worker
    // for it, see that one bound, and only then read that there is a newcomer, for whom it would start another.
    if (master_) {
        for (auto& demand : ledger_.take_demands())
            tell_master(demand);
    }
    for (auto& answer : ledger_.take_answers()) {
        const auto login = logins_.find(answer.stream);
        if (login != logins_.end()) login->second->send(wire::encode(answer.route));
    }
    for (const auto& remark : ledger_.take_remarks())
        log::warning("{}", limit_text(remark));
    set_timer();
}

bool Tracker::tell_master(const wire::MasterPush& message) {
    if (!master_ || !master_->is_open()) return false;
    master_->send(wire::encode(message));
    return true;
}

void Tracker::set_timer() {
    const auto next = ledger_.next_deadline();
    // One that rings too early does no harm, and costs less than setting it anew with each answered lookup.
    if (!next || (timer_set_ && *timer_set_ <= *next)) return;
    timer_set_ = next;
    timer_.expires_at(*next);
    timer_.async_wait([this](error_code error) {
        if (error) return;
        timer_set_.reset();
        catch_up();
        ledger_.expire(Clock::now());
        publish();
    });
}

boost::asio::awaitable<void> Tracker::serve_reports() {
    std::size_t found = 0;
    for (;;) {
        const auto error = co_await reports_.wait(found > 0); // not in a loop's condition: GCC 12 then jumps into nowhere
        if (error) co_return;
        for (;;) {
            found = reports_.drain(ReportSocket::per_turn, Clock::now());
            if (found > 0) publish();
            if (found < ReportSocket::per_turn) break;
            co_await boost::asio::post(executor_, boost::asio::use_awaitable);
        }
    }
}

} // namespace hearth::anvil
