// SPDX-License-Identifier: Apache-2.0
#include "sasl.hpp"
#include "password/password_scheme.hpp"
#include "protocol/limits.hpp"

namespace hearth::auth {
namespace {

// Nothing: the credentials may go on. All of it is bounded before anything else looks at it.
std::optional<Malformed> check(const Credentials& credentials) {
    if (credentials.user.empty()) return Malformed{"no user name"};
    if (credentials.user.size() > protocol::user_bytes_max ||
        credentials.authorize_as.size() > protocol::user_bytes_max)
        return Malformed{"the user name is too long"};
    if (credentials.password.text().size() > password_bytes_max) return Malformed{"the password is too long"};
    if (credentials.password.text().find('\0') != std::string::npos) return Malformed{"the password has a NUL byte"};
    return std::nullopt;
}

SaslStep checked(Credentials credentials) {
    if (auto malformed = check(credentials)) return std::move(*malformed);
    return credentials;
}

// RFC 4616: authzid NUL authcid NUL passwd
class Plain final : public SaslExchange {
public:
    SaslStep start(const std::optional<std::string>& initial) override {
        if (!initial) return Ask{""};
        return proceed(*initial);
    }
    SaslStep proceed(const std::string& data) override {
        const auto first = data.find('\0');
        const auto second = first == std::string::npos ? first : data.find('\0', first + 1);
        if (second == std::string::npos) return Malformed{"not a PLAIN message: it needs two NUL bytes"};
        Credentials credentials;
        credentials.authorize_as = data.substr(0, first);
        credentials.user = data.substr(first + 1, second - first - 1);
        credentials.password = Secret(data.substr(second + 1));
        return checked(std::move(credentials));
    }
};

// Two questions; the user name may come with the command.
class Login final : public SaslExchange {
public:
    SaslStep start(const std::optional<std::string>& initial) override {
        if (!initial) return Ask{"Username:"};
        return proceed(*initial);
    }
    SaslStep proceed(const std::string& data) override {
        if (!user_) {
            if (data.empty() || data.size() > protocol::user_bytes_max)
                return Malformed{"no user name, or one that is too long"};
            user_ = data;
            return Ask{"Password:"};
        }
        Credentials credentials;
        credentials.user = *user_;
        credentials.password = Secret(data);
        return checked(std::move(credentials));
    }

private:
    std::optional<std::string> user_;
};

} // namespace

std::unique_ptr<SaslExchange> make_exchange(std::string_view name) {
    if (equal_ignoring_case(name, "PLAIN")) return std::make_unique<Plain>();
    if (equal_ignoring_case(name, "LOGIN")) return std::make_unique<Login>();
    return nullptr;
}

std::vector<std::string_view> built_in_mechanisms() {
    return {"PLAIN", "LOGIN"};
}

} // namespace hearth::auth
