// No plugin is interpreted here: the wrappers of Go's whole standard library are not built in.
package stdlib

import "reflect"

var Symbols = map[string]map[string]reflect.Value{}
