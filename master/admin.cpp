// SPDX-License-Identifier: Apache-2.0
#include "admin.hpp"
#include "base/text.hpp"
#include "net/spawn.hpp"
#include "net/unix_socket.hpp"
#include "supervisor.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <ctime>
#include <sys/socket.h>
#include <unistd.h>

namespace hearth::master {
namespace {

namespace json = boost::json;
constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

std::int64_t milliseconds(Clock::duration time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

// Seconds since 1970 of a moment of the monotonic clock; 0 for none, as in Dovecot.
std::int64_t unix_time(const std::optional<Time>& time, Time now) {
    if (!time) return 0;
    return std::time(nullptr) - std::chrono::duration_cast<std::chrono::seconds>(now - *time).count();
}

void line(std::string& out, const json::object& object) {
    out += json::serialize(object);
    out += '\n';
}

void end(std::string& out) {
    line(out, {{"end", true}});
}

std::string service_status(Supervisor& supervisor) {
    const auto now = Clock::now();
    std::string out;
    for (const auto& service : supervisor.roster().services(now)) {
        const auto* plan = supervisor.plan().service(service.name);
        const auto in = [&service](WorkerState state) { return service.count.at(static_cast<std::size_t>(state)); };
        json::object ends;
        for (std::size_t i = 0; i < service.ends.size(); ++i)
            ends[protocol::anvil::name(static_cast<ExitReason>(i))] = service.ends.at(i);
        const auto throttled = service.throttled_until ? milliseconds(*service.throttled_until - now) : 0;
        line(out, {{"name", service.name}, {"process_count", service.live()},
            {"process_avail", in(WorkerState::starting) + in(WorkerState::unbound)}, {"process_limit", service.process_limit},
            {"client_limit", plan != nullptr ? plan->client_limit : 0}, {"throttle_secs", (throttled + 999) / 1000},
            {"exit_failure_last", unix_time(service.last_failure, now)}, {"exit_failures_in_sec", service.failures_in_second},
            {"listen_pending", supervisor.offer_waits(service.name)}, {"listening", service.listening},
            {"process_total", service.started}, {"process_min_avail", service.process_min_avail},
            {"process_limit_reserve", service.process_limit_reserve}, {"starting", in(WorkerState::starting)},
            {"unbound", in(WorkerState::unbound)}, {"bound", in(WorkerState::bound)}, {"leaving", in(WorkerState::leaving)},
            {"peak", service.peak}, {"cold", service.cold}, {"waiting", service.waiting}, {"evicted", service.evicted},
            {"declined", service.declined}, {"failed", service.failed}, {"limit_hits", service.limit_hits},
            {"ends", ends}, {"excess", service.excess}, {"idle_kib", service.idle_kib},
            {"start_us", std::chrono::duration_cast<std::chrono::microseconds>(service.start_time).count()},
            {"healthy", service.healthy}, {"removed", service.removed}});
    }
    end(out);
    return out;
}

std::string process_status(Supervisor& supervisor) {
    const auto now = Clock::now();
    auto processes = supervisor.roster().processes();
    std::ranges::sort(processes, {}, [](const ProcessView& one) { return std::pair(one.service, one.pid); });
    std::string out;
    const auto row = [&](const std::string& service, std::string_view state, const auto& process) {
        line(out, {{"name", service}, {"pid", process.pid}, {"state", state}, {"generation", process.generation},
            {"age_ms", milliseconds(now - process.started)}, {"state_ms", milliseconds(now - process.changed)},
            {"last_kill_sent", unix_time(process.asked, now)}});
    };
    for (const auto& process : processes) row(process.service, name(process.state), process);
    for (const auto& zygote : supervisor.zygotes().zygotes()) row(zygote.service + "-zygote", zygote.state, zygote);
    end(out);
    return out;
}

std::string log_errors(Supervisor& supervisor) {
    std::string out;
    for (const auto& kept : supervisor.log().kept()) {
        auto text = file_line("%b %d %H:%M:%S ", kept.time, kept.service, kept.line);
        text.pop_back();
        line(out, {{"line", text}, {"timestamp", static_cast<std::int64_t>(kept.time)}, {"level", to_lower(log::name(kept.line.level))},
            {"service", kept.service}, {"identity", kept.line.identity}, {"text", kept.line.text}});
    }
    end(out);
    return out;
}

std::string ping(Supervisor& supervisor) {
    std::string out;
    line(out, {{"version", HEARTH_VERSION}, {"pid", ::getpid()}, {"generation", supervisor.roster().generation()},
        {"uptime_ms", milliseconds(Clock::now() - supervisor.started_at())}, {"managed", supervisor.plan().managed},
        {"stopping", supervisor.roster().is_stopping()}, {"illegal_moves", supervisor.roster().illegal_moves()},
        {"unknown_senders", supervisor.unknown_senders()}});
    end(out);
    return out;
}

std::string reload(Supervisor& supervisor) {
    std::string out;
    const auto done = supervisor.reload();
    if (done) {
        line(out, {{"generation", *done}});
        end(out);
    } else {
        line(out, {{"error", done.error().text}});
    }
    return out;
}

std::string stop(Supervisor& supervisor) {
    std::string out;
    end(out);
    supervisor.stop();
    return out;
}

struct Command {
    std::string_view name;
    std::string (*run)(Supervisor&);
};
constexpr std::array commands = {
    Command{"service-status", service_status},
    Command{"process-status", process_status},
    Command{"log-errors", log_errors},
    Command{"ping", ping},
    Command{"reload", reload},
    Command{"stop", stop},
};

} // namespace

Admin::Admin(boost::asio::any_io_executor executor, Supervisor& supervisor)
    : executor_(std::move(executor)), supervisor_(supervisor), listener_(executor_) {}

Result<void> Admin::open(const std::string& path) {
    auto made = net::listen_unix(path, net::stream, 0600, static_cast<int>(connections_max));
    if (!made) return made.error();
    listener_.assign(made->release());
    net::spawn(executor_, accept(), "administrator's socket");
    return {};
}

boost::asio::awaitable<void> Admin::accept() {
    for (;;) {
        const auto [failure] = co_await listener_.async_wait(boost::asio::posix::stream_descriptor::wait_read, as_result);
        if (failure) co_return;
        UniqueFd connection(::accept4(listener_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!connection || *connections_ >= connections_max) continue;
        ++*connections_;
        net::spawn(executor_, serve(std::move(connection)), "administrator's connection");
    }
}

boost::asio::awaitable<void> Admin::serve(UniqueFd connection) {
    struct Counted {
        std::shared_ptr<std::size_t> count;
        ~Counted() { --*count; }
    } const counted{connections_};
    boost::asio::posix::stream_descriptor stream(executor_, connection.release());
    std::string input;
    for (;;) {
        auto buffer = boost::asio::dynamic_buffer(input, request_bytes_max);
        const auto [failure, size] = co_await boost::asio::async_read_until(stream, buffer, '\n', as_result);
        if (failure) co_return;
        const auto output = answer(std::string_view(input).substr(0, size - 1));
        input.erase(0, size);
        const auto [write_failure, written] = co_await boost::asio::async_write(stream, boost::asio::buffer(output), as_result);
        if (write_failure) co_return;
    }
}

std::string Admin::answer(std::string_view request) {
    std::string out;
    error_code failure;
    const auto value = json::parse(json::string_view(request.data(), request.size()), failure);
    const auto* object = failure ? nullptr : value.if_object();
    const auto* word = object != nullptr ? object->if_contains("cmd") : nullptr;
    if (word == nullptr || !word->is_string()) {
        line(out, {{"error", "a request is one line such as {\"cmd\":\"ping\"}"}});
        return out;
    }
    const auto& text = word->get_string();
    const auto found = std::ranges::find(commands, std::string_view(text.data(), text.size()), &Command::name);
    if (found == commands.end()) {
        line(out, {{"error", "unknown command \"" + printable({text.data(), text.size()}, 64) + "\""}});
        return out;
    }
    return found->run(supervisor_);
}

} // namespace hearth::master
