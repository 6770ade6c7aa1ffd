// SPDX-License-Identifier: Apache-2.0
// Empty: CMake makes a target's precompiled header only if one of the target's own files uses it.
