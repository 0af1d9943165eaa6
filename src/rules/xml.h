// The XML of rule files as the OSSEC family reads it: not XML 1.0. No entities, no namespaces, several roots in a file,
// a backslash keeps a '<' from opening a tag, comments end at "-->" or "!>", stray '&' and '>' are text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace warder::rules {

struct XmlElement {
  std::string name;
  std::string text;  // what stands after the last child, as written
  std::vector<std::pair<std::string, std::string>> attributes;
  std::vector<XmlElement> children;
  std::size_t line = 0;  // of the opening tag, from 1

  /// nullptr when absent.
  [[nodiscard]] const std::string* attribute(std::string_view name) const noexcept;
};

struct XmlLimits {
  std::size_t max_depth = 16;
  std::size_t max_text_bytes = 64 << 10;  // of one element or attribute
};

/// The roots of `text`. Invalid with "line N: …" when a tag is not closed, closes another element, or a limit is
/// broken.
/// `<var name="X">…</var>` elements are left in place; see substitute_variables.
Result<std::vector<XmlElement>> parse_rule_xml(std::string_view text, const XmlLimits& limits = {});

/// Takes the roots' `var` elements out and puts their texts where other elements and attributes say `$NAME`; a name
/// that is not defined stays as it is. Invalid for a `var` without a name.
Result<void> substitute_variables(std::vector<XmlElement>& roots);

}  // namespace warder::rules
