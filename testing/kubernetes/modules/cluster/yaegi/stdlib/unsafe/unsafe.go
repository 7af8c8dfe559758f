// See package stdlib.
package unsafe

import "reflect"

var Symbols = map[string]map[string]reflect.Value{}
