// SPDX-License-Identifier: Apache-2.0
// An authenticator on passwd-files of its own, whose password checks are counted.
#pragma once

#include "authenticator.hpp"
#include "running.hpp"
#include "temporary_directory.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

struct Bench {
    Bench() {
        settings.failure_delay = std::chrono::milliseconds(0);
        instance.managed = true;
        instance.uid = instance.gid = 990;
    }

    hearth::auth::Database passwd_file(const std::string& name, const std::string& text) {
        const auto args = "scheme=PLAIN " + directory.write(name, text);
        auto database = hearth::auth::parse_passdb("passwd-file", args);
        REQUIRE(database.has_value());
        database->label = "passdb " + name;
        return *database;
    }
    void add_users(const std::string& text) {
        settings.passdbs.push_back(passwd_file("users", text));
        settings.userdbs.push_back(passwd_file("users", text));
    }

    /// Every setting must be in place before the first call.
    hearth::auth::Authenticator& authenticator() {
        if (!pool) pool = std::make_unique<hearth::auth::VerifierPool>(2, queue_limit);
        if (!authenticator_) {
            authenticator_ = std::make_unique<hearth::auth::Authenticator>(settings, instance, *pool,
                [this](std::string_view stored, std::string_view password, std::string_view scheme) {
                    {
                        const std::lock_guard lock(mutex);
                        checked_against.emplace_back(stored);
                    }
                    if (on_verify) on_verify();
                    return hearth::auth::verify_password(stored, password, scheme);
                });
        }
        return *authenticator_;
    }

    hearth::auth::Outcome log_in(const std::string& user, const std::string& password,
        const std::string& remote_ip = "192.0.2.1", const std::string& authorize_as = "") {
        hearth::auth::Attempt attempt;
        attempt.service = "imap";
        attempt.mechanism = "PLAIN";
        attempt.remote_ip = remote_ip;
        attempt.local_ip = "198.51.100.1";
        hearth::auth::Credentials credentials;
        credentials.user = user;
        credentials.authorize_as = authorize_as;
        credentials.password = hearth::auth::Secret(password);
        return run_until_done(io, authenticator().authenticate(std::move(attempt), std::move(credentials)));
    }

    static const hearth::protocol::Identity& identity(const hearth::auth::Outcome& outcome) {
        if (const auto* refused = std::get_if<hearth::auth::Refused>(&outcome)) FAIL(refused->refusal.reason);
        return std::get<hearth::protocol::Identity>(outcome);
    }
    static const hearth::auth::Refusal& refusal(const hearth::auth::Outcome& outcome) {
        REQUIRE(std::holds_alternative<hearth::auth::Refused>(outcome));
        return std::get<hearth::auth::Refused>(outcome).refusal;
    }

    hearth::test::TemporaryDirectory directory;
    boost::asio::io_context io{1};
    hearth::auth::Settings settings;
    hearth::auth::Instance instance;
    std::size_t queue_limit = hearth::auth::VerifierPool::queued_max;
    std::function<void()> on_verify; ///< on the pool's threads
    std::mutex mutex;
    std::vector<std::string> checked_against;

private:
    std::unique_ptr<hearth::auth::Authenticator> authenticator_;

public:
    std::unique_ptr<hearth::auth::VerifierPool> pool; ///< ends first: its jobs use the members above
};
