// Copies of a PDF that say on every page to whom they were given. The work is done by qpdf, in a process of its own
// with limits on time, memory and output; the document itself is never written to a disk.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace warder::manager {

struct WatermarkText {
  std::string name;
  std::string organisation;
  std::string mail;
  std::int64_t request = 0;  // its number
  Timestamp time;
};

/// One page with nothing but the mark: light, across and at the foot. Texts are UTF-8; what is beyond Latin-1 is set in
/// the reader's Japanese font, so that none has to be here.
std::string watermark_page(const WatermarkText& text);

/// The document with the mark on every page. Invalid: it is no PDF, is encrypted, or is damaged. Unavailable: qpdf is
/// not installed. TooLarge, Timeout: it goes beyond the limits. Blocks; documents wait for one another.
Result<std::string> watermarked(std::string_view pdf, const WatermarkText& text);

/// Whether watermarked() would do.
Result<void> check_can_be_watermarked(std::string_view pdf);

}  // namespace warder::manager
