// SPDX-License-Identifier: Apache-2.0
#include "wire/charset.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <glib.h>
#include <memory>

namespace hearth::imap {
namespace {

constexpr std::size_t charset_name_max = 40;

// Nothing that iconv would take for an option or a path: "//IGNORE".
bool is_charset_name(std::string_view name) {
    const auto belongs = [](char c) {
        return g_ascii_isalnum(c) || c == '-' || c == '_' || c == '.' || c == ':' || c == '+';
    };
    return !name.empty() && name.size() <= charset_name_max && std::all_of(name.begin(), name.end(), belongs);
}

// Strings of US-ASCII with bytes from 0x80 are taken for UTF-8, as are those without charset.
bool is_utf8(std::string_view charset) {
    return equal_ignoring_case(charset, "UTF-8") || equal_ignoring_case(charset, "US-ASCII");
}

class Converter {
public:
    explicit Converter(std::string_view charset)
        : handle_(is_charset_name(charset) ? g_iconv_open("UTF-8", std::string(charset).c_str()) : invalid()) {}
    ~Converter() {
        if (is_open()) g_iconv_close(handle_);
    }
    Converter(const Converter&) = delete;
    Converter& operator=(const Converter&) = delete;

    [[nodiscard]] bool is_open() const { return handle_ != invalid(); }
    std::optional<std::string> convert(std::string_view text) {
        std::unique_ptr<gchar, decltype(&g_free)> converted(nullptr, g_free);
        gsize size = 0;
        converted.reset(
            g_convert_with_iconv(text.data(), static_cast<gssize>(text.size()), handle_, nullptr, &size, nullptr));
        if (!converted) return std::nullopt;
        return std::string(converted.get(), size);
    }

private:
    static GIConv invalid() { return reinterpret_cast<GIConv>(-1); } // as g_iconv_open() says it

    GIConv handle_;
};

} // namespace

bool is_known_charset(std::string_view charset) {
    return is_utf8(charset) || Converter(charset).is_open();
}

std::optional<std::string> to_utf8(std::string_view text, std::string_view charset) {
    if (is_utf8(charset)) return std::string(text);
    Converter converter(charset);
    if (!converter.is_open()) return std::nullopt;
    return converter.convert(text);
}

} // namespace hearth::imap
