//! Boxes, bags and trays to plant in.

use super::{
    colour::*,
    flowers::rosette,
    geometry::{Curve, Path, Placement, polar},
    growth::shoot,
    leaves::{Leaf, Pinnate},
    pots::{line_between, mouth},
    scene::{FLOOR, MIDDLE, ledge},
    svg::Drawing,
};

/// Draws a product of this family; false when it is none.
pub(super) fn draw(d: &mut Drawing, slug: &str) -> bool {
    let (tint, shadow, goods): (Tint, f64, fn(&mut Drawing)) = match slug {
        "window-box" => (BUTTER, 136.0, window_box),
        "cedar-planter" => (MIST, 98.0, cedar),
        "fabric-grow-bag" => (SAND, 98.0, grow_bag),
        "seed-tray-set" => (LILAC, 132.0, tray),
        _ => return false,
    };
    ledge(d, tint, shadow);
    goods(d);
    true
}

fn window_box(d: &mut Drawing) {
    let top = FLOOR - 92.0;
    let colour = SILVER.mix(DEEP, 0.3);
    for (x, tone) in [
        (92.0, RED),
        (146.0, ROSE),
        (200.0, RED),
        (254.0, ROSE),
        (308.0, RED),
    ] {
        for turn in [-60.0, 60.0, -24.0, 26.0] {
            let stem = shoot((x, top), turn, 52.0);
            d.tube(&stem.path(), STEM, 2.6);
            d.disc(stem.point(1.0), 15.0, if turn < 0.0 { LEAF } else { DEEP });
        }
        d.tube(&line_between((x, top), (x, top - 78.0)), STEM, 3.4);
        for (turn, far) in [
            (-90.0, 15.0),
            (90.0, 15.0),
            (-32.0, 17.0),
            (32.0, 17.0),
            (180.0, 7.0),
        ] {
            let at = polar((x, top - 88.0), turn, far);
            d.shape(&rosette(5, 12.0).placed(Placement::at(at)), tone);
            d.spot(at, 2.6, LEMON);
        }
    }
    let body = Path::from((62.0, top))
        .line((338.0, top))
        .line((324.0, FLOOR))
        .line((76.0, FLOOR))
        .close();
    d.shape(&body, colour);
    let far = Path::from((306.0, top))
        .line((337.0, top))
        .line((323.0, FLOOR - 1.0))
        .line((296.0, FLOOR - 1.0))
        .close();
    d.flat(&far, colour.shade());
    for x in [104.0, 152.0, 200.0, 248.0, 296.0] {
        let (low, high) = (MIDDLE + (x - MIDDLE) * 0.95, x);
        d.line(
            &line_between((high, top + 26.0), (low, FLOOR - 16.0)),
            colour.shade(),
            3.0,
        );
    }
    d.shape(&Path::block((52.0, top - 8.0), (296.0, 20.0), 5.0), colour);
    d.line(
        &line_between((66.0, top - 1.0), (196.0, top - 1.0)),
        colour.light(),
        3.4,
    );
}

fn cedar(d: &mut Drawing) {
    let (top, wood) = (156.0, WOOD.mix(COPPER, 0.45));
    for (colour, far, near) in [
        (wood, (110.0, -36.0), (90.0, 2.0)),
        (BARK.shade(), (124.0, -28.0), (110.0, -6.0)),
    ] {
        let frame = Path::from((far.0, top + far.1))
            .line((400.0 - far.0, top + far.1))
            .line((400.0 - near.0, top + near.1))
            .line((near.0, top + near.1));
        d.shape(&frame.close(), colour);
    }
    for x in [108.0, 268.0] {
        d.shape(
            &Path::block((x, FLOOR - 20.0), (24.0, 20.0), 2.0),
            wood.shade(),
        );
    }
    for row in 0..5 {
        let y = top + 6.0 + 34.0 * f64::from(row);
        let tone = wood.mix(if row % 2 == 0 { JUTE } else { BARK }, 0.16);
        d.shape(&Path::block((104.0, y), (192.0, 34.0), 2.0), tone);
        let shift = f64::from(row * 37 % 60);
        let grain = Path::from((134.0 + shift, y + 12.0))
            .quad((156.0 + shift, y + 7.0), (180.0 + shift, y + 13.0));
        d.line(
            &grain.and(&line_between((150.0, y + 24.0), (186.0 + shift, y + 24.0))),
            tone.shade(),
            1.8,
        );
    }
    d.flat(
        &Path::block((262.0, top + 7.0), (33.0, 168.0), 2.0),
        wood.shade(),
    );
    for x in [98.0, 280.0] {
        d.shape(
            &Path::block((x, top), (22.0, 182.0), 2.0),
            if x < MIDDLE {
                wood.light().mix(wood, 0.5)
            } else {
                wood.shade()
            },
        );
        let screws = [0.0, 1.0, 2.0, 3.0, 4.0].map(|row| (x + 11.0, top + 23.0 + 34.0 * row));
        d.specks(&screws, STEEL, 4.6);
    }
    d.shape(&Path::block((90.0, top - 6.0), (220.0, 17.0), 3.0), wood);
    d.line(&line_between((100.0, top), (220.0, top)), wood.light(), 3.0);
}

fn grow_bag(d: &mut Drawing) {
    let (top, colour) = (186.0, SLATE.mix(INK, 0.2));
    mouth(d, top, 98.0, colour);
    d.shape(&Path::ellipse((MIDDLE, top + 5.0), 90.0, 9.0), EARTH);
    for (turn, length) in [
        (-58.0, 92.0),
        (56.0, 94.0),
        (-26.0, 124.0),
        (24.0, 128.0),
        (0.0, 108.0),
    ] {
        let stem = shoot((MIDDLE + turn * 0.5, top + 4.0), turn, length);
        d.tube(&stem.path(), STEM, 4.0);
        let colour = if turn < 0.0 {
            LEAF
        } else {
            LEAF.mix(DEEP, 0.5)
        };
        Pinnate {
            count: 4,
            length: 42.0,
            width: 24.0,
            open: 66.0,
            from: 0.4,
            taper: 0.8,
            colour,
        }
        .draw(d, &stem);
        Leaf::new(36.0, 22.0, colour).draw(d, stem.point(0.96), turn);
    }
    for (x, y) in [(178.0, 74.0), (226.0, 66.0)] {
        d.shape(&rosette(5, 13.0).placed(Placement::at((x, y))), WHITE);
        d.spot((x, y), 3.6, GOLD);
    }
    let body = Path::from((102.0, top))
        .quad((MIDDLE, top + 26.0), (298.0, top))
        .cubic((308.0, 240.0), (304.0, 310.0), (294.0, 336.0))
        .quad((MIDDLE, FLOOR + 18.0), (106.0, 336.0))
        .cubic((96.0, 310.0), (92.0, 240.0), (102.0, top))
        .close();
    d.shape(&body, colour);
    let far = Path::from((262.0, top + 10.0))
        .quad((284.0, top + 6.0), (297.0, top + 2.0))
        .cubic((307.0, 240.0), (303.0, 310.0), (293.0, 335.0))
        .quad((270.0, 345.0), (252.0, 348.0))
        .cubic((272.0, 300.0), (270.0, 230.0), (262.0, top + 10.0))
        .close();
    d.flat(&far, colour.shade());
    d.dots(
        &Path::from((110.0, top + 18.0)).quad((MIDDLE, top + 42.0), (290.0, top + 18.0)),
        colour.light(),
        3.4,
        9.0,
    );
    d.line(
        &Path::from((120.0, 246.0)).quad((114.0, 286.0), (124.0, 318.0)),
        colour.light(),
        4.0,
    );
    for side in [-1.0, 1.0] {
        let x = |out: f64| MIDDLE + side * out;
        let handle = Path::from((x(94.0), 226.0)).cubic(
            (x(128.0), 214.0),
            (x(134.0), 288.0),
            (x(100.0), 274.0),
        );
        d.tube(&handle, colour.light(), 11.0);
    }
}

fn tray(d: &mut Drawing) {
    let (glass, top) = (SKY.arch.mix(WHITE, 0.3), 268.0);
    let lid = Path::from((64.0, top))
        .line((92.0, 158.0))
        .quad((96.0, 146.0), (110.0, 146.0))
        .line((290.0, 146.0))
        .quad((304.0, 146.0), (308.0, 158.0))
        .line((336.0, top))
        .close();
    d.shape(&lid, glass);
    for x in [140.0, 244.0] {
        d.shape(&Path::block((x - 6.0, 137.0), (28.0, 11.0), 4.0), SKY.ledge);
    }
    for (index, x) in [92.0, 128.0, 164.0, 200.0, 236.0, 272.0, 308.0]
        .into_iter()
        .enumerate()
    {
        let high = 34.0 + f64::from(index as u32 * 5 % 7) * 5.0;
        let stem = Curve::stem((x, top), (x + 3.0, top - high));
        d.tube(&stem.path(), FRESH, 3.2);
        for side in [-1.0, 1.0] {
            Leaf::new(19.0, 12.0, if index % 2 == 0 { LEAF } else { FRESH }).draw(
                d,
                stem.point(1.0),
                side * 62.0,
            );
        }
    }
    d.line(
        &line_between((112.0, 166.0), (94.0, 238.0))
            .and(&line_between((126.0, 166.0), (117.0, 204.0))),
        WHITE,
        6.0,
    );
    d.line(
        &line_between((290.0, 166.0), (308.0, 240.0)),
        SKY.ledge,
        3.0,
    );
    let cells = DEEP.mix(SLATE, 0.6);
    d.shape(
        &Path::block((58.0, top - 4.0), (284.0, 16.0), 4.0),
        cells.light(),
    );
    for index in 0..7 {
        let x = 74.0 + 36.0 * f64::from(index);
        let cell = Path::from((x, top + 12.0))
            .line((x + 36.0, top + 12.0))
            .line((x + 30.0, top + 54.0))
            .line((x + 6.0, top + 54.0))
            .close();
        d.shape(&cell, if index > 4 { cells.shade() } else { cells });
    }
    let drip = Path::from((52.0, 314.0))
        .line((348.0, 314.0))
        .line((338.0, FLOOR))
        .line((62.0, FLOOR))
        .close();
    d.shape(&drip, INK.mix(SLATE, 0.5));
    d.line(
        &line_between((66.0, 322.0), (250.0, 322.0)),
        SLATE.light(),
        3.0,
    );
}
