package rollbar

import "github.com/oriel-dev/oriel/internal/alert"

func linkHandlers() map[string]handler {
	return map[string]handler{
		"listServiceLinks": (*Front).listServiceLinks, "createServiceLink": (*Front).createServiceLink, "getServiceLink": (*Front).getServiceLink,
		"updateServiceLink": (*Front).updateServiceLink, "deleteServiceLink": (*Front).deleteServiceLink,
	}
}

func (f *Front) listServiceLinks(c *call) (reply, error) {
	list, err := f.Alerts.Links(c.Context(), c.token.Environment)
	return reply{result: list}, err
}

func (f *Front) linkOf(c *call) (alert.Link, error) {
	id, err := c.number("id", "Not found")
	if err != nil {
		return alert.Link{}, err
	}
	return f.Alerts.Link(c.Context(), c.token.Environment, id)
}

func (f *Front) getServiceLink(c *call) (reply, error) {
	l, err := f.linkOf(c)
	return reply{result: l}, err
}

func (f *Front) createServiceLink(c *call) (reply, error) {
	var l alert.Link
	if err := c.decode(&l); err != nil {
		return reply{}, err
	}
	l.ID = 0
	l, err := f.Alerts.SetLink(c.Context(), c.token.Environment, l)
	return reply{result: l}, err
}

func (f *Front) updateServiceLink(c *call) (reply, error) {
	l, err := f.linkOf(c)
	if err != nil {
		return reply{}, err
	}
	id := l.ID
	if err := c.decode(&l); err != nil {
		return reply{}, err
	}
	l.ID = id
	l, err = f.Alerts.SetLink(c.Context(), c.token.Environment, l)
	return reply{result: l}, err
}

func (f *Front) deleteServiceLink(c *call) (reply, error) {
	l, err := f.linkOf(c)
	if err != nil {
		return reply{}, err
	}
	return reply{result: struct{}{}}, f.Alerts.RemoveLink(c.Context(), c.token.Environment, l.ID)
}
