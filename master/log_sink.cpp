// SPDX-License-Identifier: Apache-2.0
#include "log_sink.hpp"
#include "base/text.hpp"
#include "net/paced_wait.hpp"
#include "net/spawn.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <unistd.h>

namespace hearth::master {

struct LogSink::Pipe {
    Pipe(const boost::asio::any_io_executor& executor, std::string name, int reader, int writer)
        : service(std::move(name)), read_end(reader), write_end(writer), wait(executor, reader, turn_pause) {}
    std::string service;
    UniqueFd read_end, write_end;
    net::PacedWait wait;
    std::string unfinished;
};

LogSink::LogSink(boost::asio::any_io_executor executor)
    : executor_(std::move(executor)), errors_(std::make_unique<LogOutput>(*LogOutput::open("", "%b %d %H:%M:%S ", "mail"))) {}
LogSink::~LogSink() {
    for (const auto& [service, pipe] : pipes_)
        pipe->wait.close(); // its reader has a share in it, and ends without a look at us
}

Checked<void> LogSink::configure(const LogPlan& plan) {
    const auto open = [&plan](const std::string& path) { return LogOutput::open(path, plan.timestamp, plan.facility); };
    auto errors = open(plan.path);
    if (!errors) return errors.error();
    std::unique_ptr<LogOutput> infos, debugs;
    if (!plan.info_path.empty() && plan.info_path != plan.path) {
        auto opened = open(plan.info_path);
        if (!opened) return opened.error();
        infos = std::make_unique<LogOutput>(std::move(*opened));
    }
    if (!plan.debug_path.empty() && plan.debug_path != plan.path) {
        auto opened = open(plan.debug_path);
        if (!opened) return opened.error();
        debugs = std::make_unique<LogOutput>(std::move(*opened));
    }
    errors_ = std::make_unique<LogOutput>(std::move(*errors));
    infos_ = std::move(infos);
    debugs_ = std::move(debugs);
    return {};
}

void LogSink::reopen() {
    for (auto* output : {errors_.get(), infos_.get(), debugs_.get()})
        if (output != nullptr)
            if (const auto done = output->reopen(); !done) error("{}; still writing to the old one", done.error().text);
}

void LogSink::write(std::string_view service, log::Line line) {
    const auto time = std::time(nullptr);
    auto* output = errors_.get();
    if (line.level >= log::Level::info && infos_) output = infos_.get();
    if (line.level == log::Level::debug && debugs_) output = debugs_.get();
    output->write(time, service, line);
    if (line.level > log::Level::warning) return;
    kept_.push_back({time, std::string(service), std::move(line)});
    if (kept_.size() > kept_max) kept_.pop_front();
}

Result<int> LogSink::pipe_for(const std::string& service) {
    if (const auto found = pipes_.find(service); found != pipes_.end()) return found->second->write_end.get();
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return last_error();
    // Only our end: the flag would be every writer's, and a library's printf() doesn't expect EAGAIN.
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    auto pipe = std::make_shared<Pipe>(executor_, service, ends[0], ends[1]);
    pipes_[service] = pipe;
    net::spawn(executor_, read_pipe(pipe), "log of " + service);
    return pipe->write_end.get();
}

boost::asio::awaitable<void> LogSink::read_pipe(std::shared_ptr<Pipe> pipe) {
    bool found = false;
    for (;;) {
        const auto failure = co_await pipe->wait.wait(found);
        if (failure) co_return;
        for (;;) {
            const auto bytes = read_some(*pipe);
            found = bytes > 0;
            if (bytes < bytes_per_turn) break;
            co_await boost::asio::post(executor_, boost::asio::use_awaitable);
            if (pipe->wait.is_closed()) co_return;
        }
    }
}

// One turn; gives how many bytes there were.
std::size_t LogSink::read_some(Pipe& pipe) {
    input_.resize(bytes_per_turn);
    const auto got = ::read(pipe.read_end.get(), input_.data(), input_.size());
    if (got <= 0) return 0;
    pipe.unfinished.append(input_, 0, static_cast<std::size_t>(got));
    std::string_view rest = pipe.unfinished;
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        if (end > 0) write(pipe.service, log::parse_line(rest.substr(0, end)));
        rest.remove_prefix(end + 1);
    }
    if (rest.size() > unfinished_bytes_max) {
        write(pipe.service, log::parse_line(rest.substr(0, unfinished_bytes_max)));
        rest = {};
    }
    pipe.unfinished = std::string(rest);
    return static_cast<std::size_t>(got);
}

void LogSink::drain() {
    for (auto& [service, pipe] : pipes_) {
        while (read_some(*pipe) == bytes_per_turn) {}
        if (!pipe->unfinished.empty()) write(service, log::parse_line(pipe->unfinished));
        pipe->unfinished.clear();
    }
}

} // namespace hearth::master
