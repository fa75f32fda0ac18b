#ifndef GREENROOM_WEB_ASSETS_H
#define GREENROOM_WEB_ASSETS_H

#include <stddef.h>

/// A file that the servers carry inside themselves: what a browser gets for one path.
/// Everything that is pointed to is constant and lives as long as the process.
struct greenroom_asset {
    /// The request path, with its leading slash; the demo page's is "/".
    const char *_Nonnull path;
    /// The value of Content-Type, with the charset where there is one.
    const char *_Nonnull content_type;
    /// The file's bytes; no terminating zero.
    const unsigned char *_Nonnull bytes;
    /// How many bytes there are.
    size_t length;
};

/// How many assets there are.
size_t greenroom_asset_count(void);

/// The assets, `greenroom_asset_count()` of them, one after the other.
const struct greenroom_asset *_Nonnull greenroom_assets(void);

#endif
