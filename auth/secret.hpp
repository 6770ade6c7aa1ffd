// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/text.hpp"

#include <string>
#include <utility>

namespace hearth::auth {

/// A password on its way to being checked: overwritten when it goes out of scope, never copied.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(Secret&& other) noexcept : text_(other.text_) { wipe(other.text_); } // a moved short string leaves its bytes
    Secret& operator=(Secret&& other) noexcept {
        if (this == &other) return *this;
        wipe(text_);
        text_ = other.text_;
        wipe(other.text_);
        return *this;
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    ~Secret() { wipe(text_); }

    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

} // namespace hearth::auth
