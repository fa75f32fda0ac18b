#include "WebAssets.h"
int greenroom_assets_placeholder;
