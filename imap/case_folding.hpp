// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mail/case_folding.hpp"

namespace hearth::imap {

using mail::append_folded;
using mail::contains;
using mail::fold_case;

} // namespace hearth::imap
