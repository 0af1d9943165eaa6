#include "manager/trust/watermark.h"

#include <algorithm>
#include <mutex>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/process.h"
#include "base/temporary_file.h"
#include "base/text.h"
#include "manager/passwords/unicode.h"

namespace warder::manager {
namespace {

constexpr unsigned kOwn = 0600;
constexpr std::size_t kMaxMarkedBytes = 8 << 20;
constexpr double kPageWidth = 595;   // of A4, in points; qpdf fits it into pages of other sizes
constexpr double kRoom = 700;        // along the diagonal
constexpr double kLargest = 30;      // of letters, in points
constexpr double kWideLetter = 1.0;  // of a Japanese letter, in its size
constexpr double kLetter = 0.6;

std::string number(double value) {
  const auto hundredths = static_cast<std::int64_t>(value * 100);
  std::string fraction = std::to_string(hundredths % 100);
  if (fraction.size() < 2) fraction.insert(0, 1, '0');
  return std::to_string(hundredths / 100) + "." + fraction;
}

void append_unit(Bytes& bytes, std::uint32_t unit) {
  bytes.push_back(static_cast<std::uint8_t>(unit >> 8U));
  bytes.push_back(static_cast<std::uint8_t>(unit & 0xffU));
}

/// A line as PDF has it: in hexadecimal digits, so that there is nothing to escape.
struct Line {
  std::string font;
  std::string hex;
  double width = 0;  // in the size of its letters
};

Line line_of(std::string_view text) {
  const std::u32string points = to_code_points(text);
  const bool is_latin =
      std::ranges::all_of(points, [](char32_t point) { return point < 0x7f || (point >= 0xa0 && point < 0x100); });
  Bytes bytes;
  for (const char32_t point : points) {
    if (is_latin) {
      bytes.push_back(static_cast<std::uint8_t>(point));
    } else if (point < 0x10000) {
      append_unit(bytes, point);
    } else {
      append_unit(bytes, 0xd800 + ((point - 0x10000) >> 10U));
      append_unit(bytes, 0xdc00 + ((point - 0x10000) & 0x3ffU));
    }
  }
  return {is_latin ? "/Latin" : "/Japanese", to_hex(bytes),
          static_cast<double>(points.size()) * (is_latin ? kLetter : kWideLetter)};
}

double size_for(const Line& line, double room, double largest) {
  return line.width <= 0 ? largest : std::min(largest, room / line.width);
}

std::string across(std::string_view text, double offset) {
  const Line line = line_of(text);
  const double size = size_for(line, kRoom, kLargest);
  // At 45 degrees through the middle of the page, `offset` beside it.
  const double half = size * line.width / 2 * 0.7071;
  return "BT " + line.font + " " + number(size) + " Tf 0.7071 0.7071 -0.7071 0.7071 " +
         number(std::max(0.0, 297 - half + offset)) + " " + number(std::max(0.0, 421 - half - offset)) + " Tm <" +
         line.hex + "> Tj ET\n";
}

std::string at_foot(std::string_view text, double height) {
  const Line line = line_of(text);
  return "BT " + line.font + " " + number(size_for(line, kPageWidth - 40, 8)) + " Tf 20 " + number(height) + " Td <" +
         line.hex + "> Tj ET\n";
}

/// Objects one after the other, and where each begins.
std::string pdf_of(const std::vector<std::string>& objects) {
  std::string pdf = "%PDF-1.5\n";
  std::string table = "0000000000 65535 f \n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    std::string at = std::to_string(pdf.size());
    at.insert(0, 10 - at.size(), '0');
    table.append(at).append(" 00000 n \n");
    pdf.append(std::to_string(i + 1)).append(" 0 obj\n").append(objects[i]).append("\nendobj\n");
  }
  const std::string size = std::to_string(objects.size() + 1);
  const std::string start = std::to_string(pdf.size());
  return pdf + "xref\n0 " + size + "\n" + table + "trailer\n<</Size " + size + "/Root 1 0 R>>\nstartxref\n" + start +
         "\n%%EOF\n";
}

std::mutex& one_at_a_time() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

std::string watermark_page(const WatermarkText& text) {
  const std::string time = to_rfc3339(text.time);
  const std::string about = "Request " + std::to_string(text.request) + ", " + time.substr(0, 10) + " " +
                            time.substr(11, 5) + " UTC, " + text.mail;
  const std::string content = "q /Light gs 0.35 g\n" + across(text.name, -18) + across(text.organisation, 18) +
                              "Q q 0.35 g\n" + at_foot(text.name + ", " + text.organisation, 22) + at_foot(about, 12) +
                              "Q\n";
  return pdf_of({"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                 "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</Latin 5 0 "
                 "R/Japanese 6 0 R>>/ExtGState<</Light 9 0 R>>>>>>",
                 "<</Length " + std::to_string(content.size()) + ">>\nstream\n" + content + "endstream",
                 "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
                 // ISO 32000-1 §9.7.5.2: a predefined encoding, so that the reader brings the font.
                 "<</Type/Font/Subtype/Type0/BaseFont/HeiseiKakuGo-W5-UniJIS-UTF16-H/Encoding/UniJIS-UTF16-H/"
                 "DescendantFonts[7 0 R]>>",
                 "<</Type/Font/Subtype/CIDFontType0/BaseFont/HeiseiKakuGo-W5/CIDSystemInfo<</Registry(Adobe)/"
                 "Ordering(Japan1)/Supplement 5>>/FontDescriptor 8 0 R/DW 1000/W[1 230 500 231 632 500]>>",
                 "<</Type/FontDescriptor/FontName/HeiseiKakuGo-W5/Flags 4/FontBBox[-92 -250 1010 922]/ItalicAngle 0/"
                 "Ascent 752/Descent -221/CapHeight 737/StemV 114>>",
                 "<</Type/ExtGState/ca 0.2>>"});
}

Result<std::string> watermarked(std::string_view pdf, const WatermarkText& text) {
  if (!pdf.starts_with("%PDF-")) return fail(ErrorCode::Invalid, "it is no PDF");
  const std::scoped_lock lock(one_at_a_time());
  const TemporaryFile mark = WD_TRY(TemporaryFile::create("mark.pdf"));
  WD_TRY(write_file_atomically(mark.path(), watermark_page(text), kOwn));
  ProcessOptions options;
  options.input = pdf;
  options.timeout = std::chrono::seconds(20);
  options.max_output_bytes = kMaxMarkedBytes;
  auto output = WD_TRY(run_process(
      {"prlimit", "--as=536870912", "--cpu=10", "--core=0", "--nofile=16", "--fsize=0", "qpdf", "/dev/stdin",
       "--overlay", mark.path().string(), "--to=1-z", "--from=", "--repeat=1", "--", "--object-streams=generate", "-"},
      options));
  // qpdf: 2 errors, 3 warnings; prlimit: 127 when there is no qpdf.
  if (output.exit_code == 127) return fail(ErrorCode::Unavailable, "qpdf is not installed, which makes watermarks");
  if (output.exit_code != 0)
    return fail(ErrorCode::Invalid, "it is encrypted, damaged, or too complex for a watermark");
  return std::move(output.out);
}

Result<void> check_can_be_watermarked(std::string_view pdf) {
  WD_TRY(watermarked(pdf, {"Name", "Organisation", "name@example.com", 0, Timestamp{}}));
  return {};
}

}  // namespace warder::manager
