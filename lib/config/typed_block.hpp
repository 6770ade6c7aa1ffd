// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/block.hpp"
#include "config/report.hpp"
#include "config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::config {

/// Reads the values of a block whose texts are canonical; asking for what isn't there is a programming error.
class TypedBlock {
public:
    /// `block` must outlive this.
    explicit TypedBlock(const Block& block) : block_(block) {}

    [[nodiscard]] const Block& block() const { return block_; }
    [[nodiscard]] std::string text(std::string_view key) const { return entry(key).value; }
    [[nodiscard]] bool flag(std::string_view key) const { return entry(key).value == "yes"; }
    [[nodiscard]] std::uint64_t number(std::string_view key) const;
    /// The number, or the greatest there is when it is greater.
    [[nodiscard]] std::uint32_t u32(std::string_view key) const;
    [[nodiscard]] std::chrono::milliseconds time(std::string_view key) const;
    [[nodiscard]] std::vector<std::string> words(std::string_view key) const;
    [[nodiscard]] const Entry& entry(std::string_view key) const;

private:
    const Block& block_;
};

/// One service, whether it is served or not. `settings` has its globals already.
ServiceSettings read_service(const TypedBlock& in, const Settings& settings, Report& report);

/// The namespace of those who configure none.
Block default_namespace();

} // namespace hearth::config
