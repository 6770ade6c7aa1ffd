// link: hearth_mail
// SPDX-License-Identifier: Apache-2.0
#include "base/ensure.hpp"
#include "mail/mailbox_name.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto decoded = hearth::mail::from_mutf7(text))
        hearth::ensure(hearth::mail::to_mutf7(*decoded) == text, "a name has one spelling");
    const auto encoded = hearth::mail::to_mutf7(text);
    hearth::ensure(hearth::mail::from_mutf7(encoded).has_value(), "what we write can be read");
    return 0;
}
