// SPDX-License-Identifier: Apache-2.0
// The userdbs: from a canonical name to an identity.
#pragma once

#include "backend/passwd_files.hpp"
#include "chain.hpp"
#include "identity.hpp"
#include "settings.hpp"
#include "verifier_pool.hpp"

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace hearth::auth {

/// What a section makes of its driver's answer: default_fields where it said nothing, override_fields over everything.
/// `literal` is taken as it is, `templates` and the section's own fields are expanded once, `home` first because the
/// others may name it (%h).
Checked<Fields> complete_fields(const Database& database, Fields literal, const Fields& templates, Variables variables);

/// Numbers of system users and groups that userdbs name ("vmail"), so that a login doesn't ask the system each time.
class KnownIds {
public:
    static constexpr std::size_t names_max = 256;
    static constexpr auto lifetime = std::chrono::seconds(60);

    /// Puts the number in the place of a name that is known.
    void replace(std::string& name, Time now) const;
    void remember(const std::string& name, std::uint32_t number, Time now);

private:
    struct Known {
        std::uint32_t number;
        Time until;
    };
    std::map<std::string, Known> numbers_;
};

/// Must outlive the coroutines it made, as must what it refers to.
class UserDirectory {
public:
    using Answer = std::variant<protocol::Identity, Refusal>;

    UserDirectory(const Settings& settings, const Instance& instance, VerifierPool& pool, PasswdFiles& files);

    /// Resolves mail_access_groups; a sentence to log for each that doesn't exist. Blocks: for the start.
    std::vector<std::string> prepare();

    /// `prefetched`: the userdb_ fields that the passdb gave, with the prefix cut off.
    boost::asio::awaitable<Answer> find(Variables variables, Fields prefetched);

private:
    struct Lookup;
    boost::asio::awaitable<auth::Answer> ask(const Database& userdb, Lookup& lookup);
    boost::asio::awaitable<auth::Answer> ask_system(Lookup& lookup, Fields& fields);
    boost::asio::awaitable<std::optional<Refusal>> resolve(Lookup& lookup);
    std::optional<Refusal> fill_gaps(Lookup& lookup) const;

    const Settings& settings_;
    Instance instance_;
    VerifierPool& pool_;
    PasswdFiles& files_;
    std::vector<std::uint32_t> access_groups_;
    KnownIds known_uids_, known_gids_;
};

} // namespace hearth::auth
