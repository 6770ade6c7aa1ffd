// SPDX-License-Identifier: Apache-2.0
#include "base/text.hpp"
#include "commands.hpp"
#include "password/password_scheme.hpp"

#include <fmt/format.h>

namespace hearth::admin {

int pw(const Common&, const PwOptions& options) {
    if (options.list) {
        for (const auto scheme : auth::schemes_to_generate()) fmt::print("{}\n", scheme);
        return exit_ok;
    }
    const auto scheme = options.scheme.empty() ? std::string(auth::schemes_to_generate().front()) : to_upper(options.scheme);
    std::string password = options.password;
    if (password.empty()) {
        password = read_password("Enter new password");
        auto again = read_password("Retype new password");
        const bool same = again == password;
        wipe(again);
        if (!same) {
            fmt::print(stderr, "hearth: the passwords differ\n");
            return exit_failed;
        }
    }
    const auto hash = auth::generate(scheme, password);
    wipe(password);
    if (!hash) {
        fmt::print(stderr, "hearth: {}\n", hash.error().text);
        return exit_usage;
    }
    fmt::print("{}\n", *hash);
    return exit_ok;
}

} // namespace hearth::admin
