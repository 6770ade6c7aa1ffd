// SPDX-License-Identifier: Apache-2.0
// Who is it, and may he? Walks the passdbs, checks the password (success cache, then the pool), asks the userdbs and
// ends with an identity or a refusal. Knows nothing of sockets and grants.
#pragma once

#include "backend/passwd_files.hpp"
#include "base/clock.hpp"
#include "identity.hpp"
#include "log_limit.hpp"
#include "password/password_scheme.hpp"
#include "sasl.hpp"
#include "settings.hpp"
#include "success_cache.hpp"
#include "user_directory.hpp"
#include "verifier_pool.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace hearth::auth {

/// Where an attempt comes from.
struct Attempt {
    std::string service, mechanism;
    std::string remote_ip, local_ip;
};

/// `user` is canonical once it could be made so, else as typed.
struct Refused {
    std::string user;
    Refusal refusal;
};
using Outcome = std::variant<protocol::Identity, Refused>;

struct Counters {
    std::uint64_t verifications = 0;       ///< hashes computed for a stored password
    std::uint64_t dummy_verifications = 0; ///< hashes computed only so that a refusal takes as long
    std::uint64_t cache_hits = 0;
    std::uint64_t overloads = 0; ///< refused because too much waited for the pool
};

/// Must outlive the coroutines it made. Runs on the event loop's thread.
class Authenticator {
public:
    using Verify =
        std::function<Verification(std::string_view stored, std::string_view password, std::string_view scheme)>;

    /// `settings` and `pool` must outlive this. `verify` is called on the pool's threads.
    Authenticator(
        const Settings& settings, const Instance& instance, VerifierPool& pool, Verify verify = verify_password);

    /// Reads the passwd-files whose path is fixed, so that one that can't be read is named at the start, and resolves
    /// names. Gives sentences to log; nothing in them keeps auth from serving. Blocks.
    std::vector<std::string> prepare();

    boost::asio::awaitable<Outcome> authenticate(Attempt attempt, Credentials credentials);

    /// Who `typed_user` is, without a password: for the administrator.
    boost::asio::awaitable<Outcome> identify(Attempt attempt, std::string typed_user);

    std::size_t flush_cache() { return cache_.flush(); }
    [[nodiscard]] const Counters& counters() const { return counters_; }

private:
    struct Walk; // one authentication's way through the passdbs

    /// A stored password like most users': what unknown users' passwords are checked against, to take as long.
    struct Reference {
        std::string stored, scheme;
    };
    /// What a passdb has on a user. `fields` has userdb_ fields, too.
    struct Stored {
        std::string password, scheme;
        Fields fields;
    };

    void complain(const std::string& sentence);
    void take_reference(const PasswdFile& file, const std::string& scheme);
    [[nodiscard]] bool applies(const Database& passdb, const Walk& walk) const;
    Checked<std::optional<Stored>> find_stored(const Database& passdb, const Variables& variables);
    boost::asio::awaitable<Answer> ask(const Database& passdb, Walk& walk);
    boost::asio::awaitable<Answer> check_password(Stored stored, Walk& walk);
    boost::asio::awaitable<bool> compute(std::shared_ptr<Verification> result, Reference against, Walk& walk);
    boost::asio::awaitable<Answer> walk_passdbs(Walk& walk);
    boost::asio::awaitable<Refused> refuse(Walk& walk, Refusal refusal);
    boost::asio::awaitable<Outcome> find_user(Walk& walk);

    const Settings& settings_;
    VerifierPool& pool_;
    Verify verify_;
    PasswdFiles passwd_files_;
    UserDirectory users_;
    SuccessCache cache_;
    Reference reference_;
    Counters counters_;
    LogLimit log_limit_;
};

} // namespace hearth::auth
